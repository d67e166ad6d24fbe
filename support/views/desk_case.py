"""The page of a case, for whoever works on it."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from support.desk import panels
from support.models import Case
from support.references import reference_in
from support.views.deciding import works_on_cases


@require_safe
@works_on_cases
def case(request: HttpRequest, reference: str) -> HttpResponse:
    shown = get_object_or_404(Case.objects.live(), reference=reference_in(reference), assigned_to=request.user.pk)
    context = {**admin.site.each_context(request), "title": shown.reference, "case": shown, "panels": panels.shown_for(request, shown)}
    return render(request, "admin/support/desk/case.html", context)
