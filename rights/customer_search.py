"""Requests about personal data are found by their number."""

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.row_search import RowSearch, register_rows
from rights.models import SubjectRequest
from rights.models.subject_request import ALPHABET, LENGTH


def requests(typed: str) -> QuerySet[SubjectRequest] | None:
    number = "".join(typed.split()).replace("-", "").upper()
    return SubjectRequest.objects.filter(number=number) if len(number) == LENGTH and set(number) <= set(ALPHABET) else None


register_rows(
    RowSearch(
        "request",
        _("number of a request about personal data"),
        _("Requests about personal data"),
        "rights.view_subjectrequest",
        requests,
        lambda request: f"{request}: {request.get_state_display()}",
        "admin:rights_subjectrequest_change",
    )
)
