"""What is declared of help for those who cannot log in."""

from datetime import timedelta

from django.utils.translation import gettext_lazy as _

from privacy import categories, fates, purposes, sources
from privacy.fates import Erased, Kept
from privacy.registry import FoundBy, ModelDeclaration, Personal, Retention, not_personal, registry
from support.personal_data import found
from support.personal_data.cases import BOTH

PROOFS = Retention(
    "proof-of-purchase",
    _("until we have helped you, or refused it; if we suspect fraud, and say in writing why, one year at most"),
    longest=timedelta(days=365),
    destroyer="support.tasks.purge_proofs",
)
LOGIN_HELP_HISTORY = Retention(
    "login-help-history", _("one year"), longest=timedelta(days=365), destroyer="support.tasks.purge_log_in_help_requests"
)

registry.model(
    ModelDeclaration(
        "support.ProofOfPurchase",
        _("Proof of purchase, if you cannot log in"),
        areas=BOTH,
        purposes=(purposes.HELP, purposes.SECURITY),
        retention=PROOFS,
        subject="case__user",
        finds=found.of_case,
        reads=("case",),
        categories=(categories.PURCHASES, categories.WORDS),
        sources=(sources.PERSON,),
        fate=Erased(by="support.erasing.destroy"),
        fields=not_personal("a running number", ["id"])
        | {
            "case": Personal(_("which case it belongs to")),
            "sealed": Personal(
                _("name, order number, product, postal code and what else you told us of the purchase, sealed under the case's own key"),
                shown=found.words_of,
            ),
            "retained_reason": Personal(_("why we keep it, if we suspect fraud")),
            "retained_by": Personal(_("who of us decided that")),
            "retained_at": Personal(_("when it was decided")),
            "retained_until": Personal(_("until when")),
        },
    )
)
registry.model(
    ModelDeclaration(
        "support.LoginHelpRequest",
        _("That somebody could not log in and asked for help"),
        areas=BOTH,
        purposes=(purposes.SECURITY,),
        retention=LOGIN_HELP_HISTORY,
        subject=FoundBy("the digest of the address that asks to be told, and that of the order; whoever asked had not proved who they are"),
        finds=found.log_in_help,
        categories=(categories.IDENTIFIER, categories.COMPUTER),
        sources=(sources.SITE,),
        fate=Kept(fates.CLAIMS),
        fields=not_personal("a running number", ["id"])
        | {
            "case": Personal(_("which case it was, until that is destroyed")),
            "order_digest": Personal(_("a keyed digest of the order number")),
            "address_digest": Personal(_("a keyed digest of the address at which you wished to be reached")),
            "network_digest": Personal(_("a keyed digest of the network that it came from")),
            "outcome": Personal(_("what came of it")),
            "asked_at": Personal(_("when it was asked")),
        },
    )
)
