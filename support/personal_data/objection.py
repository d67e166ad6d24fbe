"""What is declared of objections to what rests on a legitimate interest."""

from django.utils.translation import gettext_lazy as _

from privacy import categories, purposes, sources
from privacy.areas import RESOURCES
from privacy.clocks import With
from privacy.fates import Erased
from privacy.registry import ModelDeclaration, Personal, not_personal, registry
from support.personal_data.cases import UNTIL_DEALT_WITH

registry.model(
    ModelDeclaration(
        "support.Objection",
        _("What you objected to"),
        areas=(RESOURCES,),
        purposes=(purposes.DUTY,),
        retention=UNTIL_DEALT_WITH,
        clock=With("case"),
        subject="case__user",
        categories=(categories.CHOICES,),
        sources=(sources.PERSON,),
        fate=Erased(by="support.erasing.destroy"),
        fields=not_personal("a running number", ["id"])
        | {
            "case": Personal(_("which case it is; your reasons are its first message")),
            "purpose": Personal(_("to what use of your data")),
            "outcome": Personal(_("what came of it")),
        },
    )
)
