"""What is declared of reports: the file that a person fetches."""

from datetime import timedelta

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from privacy import categories, purposes, sources
from privacy.areas import GENERAL, RESOURCES
from privacy.clocks import Found
from privacy.fates import Erased
from privacy.registry import Flow, ModelDeclaration, Personal, Place, Retention, not_personal, registry
from privacy.subjects import DataSubject, at_address

REPORTS = Retention(
    "reports",
    _("seven days, sealed under a key of its own; then key and file are destroyed"),
    longest=timedelta(days=7),
    destroyer="rights.tasks.purge_reports",
    trigger=_("since the report was made"),
)
MADE = registry.flow(
    Flow(
        "report",
        areas=(GENERAL, RESOURCES),
        text=_("the report of all that we hold about you, if you ask for it: a copy, for you to fetch"),
        retention=REPORTS,
        into="rights.ReportFile",
        places=(Place("REPORT_FILES_DIR", "rights.erasing.forget_reports"), Place("REPORT_KEYS_DIR", "rights.erasing.forget_reports")),
    )
)


def reports(person: DataSubject) -> Q:
    return at_address("request__email", person, request__user=None)


registry.model(
    ModelDeclaration(
        "rights.ReportFile",
        _("Reports that were made for you"),
        areas=(GENERAL, RESOURCES),
        purposes=(purposes.DUTY,),
        retention=REPORTS,
        clock=Found("rights.report.destroying.lapsed", by="valid_until"),
        subject="request__user",
        finds=reports,
        categories=(categories.ACTIVITY,),
        sources=(sources.SITE,),
        fate=Erased(by="rights.erasing.forget_reports"),
        fields=not_personal("a running number", ["id"])
        | not_personal("a random name", ["name"])
        | not_personal("a digest of a random number", ["token_digest"])
        | {
            "request": Personal(_("which request it answers")),
            "size": Personal(_("its size")),
            "sha256": Personal(_("its SHA-256")),
            "made_at": Personal(_("when it was made")),
            "valid_until": Personal(_("until when you can fetch it")),
            "destroyed_at": Personal(_("when it was destroyed")),
        },
    )
)
