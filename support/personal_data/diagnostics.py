"""What is declared of diagnostics that are on their way."""

from datetime import timedelta

from django.utils.translation import gettext_lazy as _

from privacy import categories, purposes, sources
from privacy.fates import Erased
from privacy.registry import ModelDeclaration, Personal, Retention, not_personal, registry
from support.personal_data import found
from support.personal_data.cases import BOTH

A_DAY = Retention(
    "diagnostics-upload",
    _("for a day, if not all of it comes; as soon as it has come it is a support case"),
    longest=timedelta(days=1),
    destroyer="support.tasks.purge_diagnostics",
)

registry.model(
    ModelDeclaration(
        "support.DiagnosticsUpload",
        _("Diagnostics that a product of ours is sending"),
        areas=BOTH,
        purposes=(purposes.HELP,),
        retention=A_DAY,
        subject="user",
        unfound=_(
            "what you send without an account: nothing in it tells whose it is until it has come whole and is a support case, or a day is over"
        ),
        encloses=found.upload_of,
        categories=(categories.COMPUTER, categories.WORDS, categories.ONLINE),
        sources=(sources.PERSON,),
        fate=Erased(by="support.erasing.destroy_uploads"),
        fields=not_personal("how much has come", ["id", "received", "stored", "written_at"])
        | not_personal("a random name", ["key_name", "stored_as"])
        | not_personal("a digest of what opens the upload", ["token_digest"])
        | {
            "sealed_details": Personal(
                _("name, e-mail address, product, and what happened, sealed under a key of its own"), shown=found.told_with
            ),
            "user": Personal(_("whose account it is about")),
            "network_digest": Personal(_("a keyed digest of your network, which limits how much it sends at a time")),
            "size": Personal(_("its size")),
            "sha256": Personal(_("its SHA-256")),
            "case": Personal(_("the case that it became")),
            "until": Personal(_("when it lapses")),
        },
    )
)
