"""What persons ask of their own data tells staff's home: what is open, and what is overdue."""

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from infacta.figures import MONITOR, Listed, Reading, Standing, at_most, register
from rights.models import SubjectRequest

REQUESTS = "admin:rights_subjectrequest_changelist"


def open_requests(now: datetime) -> Reading:
    return Reading(at_most(SubjectRequest.objects.open()))


def overdue(now: datetime) -> Reading:
    return Reading(at_most(SubjectRequest.objects.overdue(now)))


register(
    Standing(
        "requests-overdue",
        _("Requests about personal data, overdue"),
        MONITOR,
        Listed(REQUESTS, only=(("overdue", "yes"),)),
        overdue,
        is_wrong=True,
        position=13,
    ),
    Standing("requests-open", _("Requests about personal data, open"), MONITOR, Listed(REQUESTS), open_requests, position=14),
)
