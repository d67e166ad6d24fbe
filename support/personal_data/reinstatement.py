"""What is declared of requests to end a hold."""

from django.utils.translation import gettext_lazy as _

from privacy import categories, purposes, sources
from privacy.areas import RESOURCES
from privacy.clocks import With
from privacy.fates import Erased
from privacy.registry import ModelDeclaration, Personal, not_personal, registry
from support.personal_data.cases import UNTIL_DEALT_WITH

registry.model(
    ModelDeclaration(
        "support.Reinstatement",
        _("That you asked us to end a hold"),
        areas=(RESOURCES,),
        purposes=(purposes.HELP,),
        retention=UNTIL_DEALT_WITH,
        clock=With("case"),
        subject="hold__user",
        categories=(categories.ACTIVITY,),
        sources=(sources.PERSON,),
        fate=Erased(by="support.erasing.destroy"),
        fields=not_personal("a running number", ["id"])
        | {
            "case": Personal(_("which case it is")),
            "hold": Personal(_("which hold")),
            "asked_at": Personal(_("when you asked first")),
            "decided_at": Personal(_("when it was decided")),
        },
    )
)
