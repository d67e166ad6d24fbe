"""What is declared of corrections, asked for and made."""

from datetime import timedelta

from django.utils.translation import gettext_lazy as _

from privacy import categories, fates, purposes, sources
from privacy.areas import RESOURCES
from privacy.fates import Erased, Kept
from privacy.registry import ModelDeclaration, Personal, Retention, not_personal, registry
from support.personal_data import found
from support.personal_data.cases import UNTIL_DEALT_WITH

CORRECTIONS = Retention("correction", _("two years"), longest=timedelta(days=2 * 365), destroyer="support.tasks.purge_corrections")

registry.model(
    ModelDeclaration(
        "support.CorrectionRequest",
        _("What you asked us to correct"),
        areas=(RESOURCES,),
        purposes=(purposes.HELP,),
        retention=UNTIL_DEALT_WITH,
        subject="case__user",
        finds=found.of_case,
        reads=("case",),
        categories=(categories.WORDS,),
        sources=(sources.PERSON,),
        fate=Erased(by="support.erasing.destroy"),
        fields=not_personal("a running number", ["id"])
        | {
            "case": Personal(_("which case it is")),
            "about": Personal(_("of what kind it is")),
            "sealed": Personal(_("what is wrong, what it should be, and why, sealed under the case's own key"), shown=found.words_of),
            "outcome": Personal(_("what came of it")),
        },
    )
)
registry.model(
    ModelDeclaration(
        "support.Correction",
        _("What was corrected at your request"),
        areas=(RESOURCES,),
        purposes=(purposes.HELP,),
        retention=CORRECTIONS,
        subject="user",
        categories=(categories.ACTIVITY,),
        sources=(sources.STAFF,),
        fate=Kept(fates.PROOF_OF_WORK),
        fields=not_personal("a running number", ["id"])
        | {
            "user": Personal(_("whose record it was")),
            "model": Personal(_("what kind of record")),
            "field": Personal(_("which part of it; neither what stood there nor what stands there now")),
            "role": Personal(_("in which role of ours it was done")),
            "corrected_at": Personal(_("when")),
        },
    )
)
