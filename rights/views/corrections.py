"""What was corrected at the customer's request (GDPR article 16, promise C18), and the way to ask for more."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.requests import AccountsRequest
from infacta.paging import page_of
from privacy.registry import registry
from privacy.texts import Text
from support.models import Correction

PAGE = 20


@require_safe
def show(request: AccountsRequest) -> HttpResponse:
    """The log: what kind of record, which part of it, when. Neither what stood there nor what stands there now."""
    page = page_of(Correction.objects.filter(user=request.user), request.GET.get("page"), PAGE)
    rows = [(one, *words_of(one)) for one in page.rows]
    return render(request, "rights/corrections.html", {"page": page, "rows": rows})


def words_of(correction: Correction) -> tuple[Text, Text]:
    """The kind of record and the field, as the registry names them; "" where it was corrected by hand."""
    declared = registry.models.get(correction.model)
    if declared is None:
        return "", ""
    field = declared.personal.get(correction.field)
    return declared.title, field.text if field else ""
