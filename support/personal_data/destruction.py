"""What is declared of destruction: its records, its reconciliations, and when it was last through."""

from django.utils.translation import gettext_lazy as _

from privacy import categories, fates, purposes, sources
from privacy.fates import Kept
from privacy.registry import FoundBy, ModelDeclaration, NotPersonal, Personal, Retention, not_personal, registry
from support.personal_data import found
from support.personal_data.cases import BOTH

UNTIL_THE_RECEIPT = Retention(
    "case-receipt-address",
    _("until the case is destroyed; it leaves the record in the transaction that writes the receipt's mail"),
    ended_by=_("the case is destroyed"),
)

registry.place(
    "DESTRUCTIONS_LOG", NotPersonal("names keys that are gone and receipts by their numbers, and has counts and times: nothing of anybody")
)

registry.model(
    ModelDeclaration(
        "support.Destruction",
        _("Records of destruction: that a support case was destroyed, and nothing of what stood in it"),
        areas=BOTH,
        purposes=(purposes.HELP,),
        retention=UNTIL_THE_RECEIPT,
        subject=FoundBy("its case, while that is being destroyed; afterwards it leads to nobody"),
        finds=found.destructions,
        categories=(categories.ONLINE,),
        sources=(sources.SITE,),
        fate=Kept(fates.PROOF_OF_WORK),
        fields=not_personal(
            "tells of the work alone, and leads to nobody once it is done",
            [
                *("id", "number", "state", "trigger", "messages", "files", "bytes", "manifest_digest", "attempts", "problem"),
                *("key_gone_at", "bytes_gone_at", "mails_gone_at", "texts_gone_at", "logged_as"),
                *("next_try_at", "due_at", "begun_at", "destroyed_at", "originally_at", "backups_clear_on"),
            ],
        )
        | {
            "case": Personal(_("which case is being destroyed, while that is not done")),
            "sealed_address": Personal(_("the address that the receipt goes to, sealed, while it is not written"), shown=found.address_of),
        },
    )
)
registry.model(
    ModelDeclaration(
        "support.Reconciliation",
        _("What a night's look at keys and files of support cases found"),
        not_personal(
            "counts keys and files, and names cases by their numbers",
            [
                *("id", "began_at", "ended_at", "keys", "folders", "files", "stray_keys", "stray_folders", "stray_files"),
                *("returned_keys", "stuck", "keyless_cases", "missing_files", "damaged"),
            ],
        ),
    )
)
registry.model(
    ModelDeclaration(
        "support.SweepMark", _("Catalogue"), not_personal("when a sweep was last through", ["id", "name", "began_at", "ended_at"])
    )
)
