"""The page for staff: the timetable, what is due and overdue by it, and when each destroyer was last through."""

from django.contrib import admin
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from privacy.retention.standing import MOST, all_due

MAY_LOOK = "privacy.view_retentionrun"


@require_safe
@permission_required(MAY_LOOK, raise_exception=True)
def standing(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    context = {
        **admin.site.each_context(request),
        "title": _("Retention"),
        "rules": list(all_due(now)),
        "most": MOST,
        "now": now,
    }
    return render(request, "admin/privacy/retention.html", context)
