"""The ledger for everybody, and for staff with what was found (promises G1 to D4)."""

from collections import defaultdict

from django.contrib import admin
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from infacta.paging import page_of
from privacy.models import PromiseChange, PromiseFinding
from privacy.promise_states import rows_by_group

A_PAGE = 50
sees_findings = permission_required("privacy.view_promisefinding", raise_exception=True)


@require_safe
def promises(request: HttpRequest) -> HttpResponse:
    """What the site promises, and how it stands today. What it rests on would help whoever looks for a way in, and is for staff."""
    groups, looked_at = rows_by_group(timezone.now())
    return render(request, "privacy/promises.html", {"groups": groups, "looked_at": looked_at})


@require_safe
@sees_findings
def promises_for_staff(request: HttpRequest) -> HttpResponse:
    """Each promise with every finding and its evidence, and when any of them changed."""
    found: dict[str, list[PromiseFinding]] = defaultdict(list)
    for finding in PromiseFinding.objects.all():
        found[finding.promise].append(finding)
    groups, looked_at = rows_by_group(timezone.now())
    context = {
        **admin.site.each_context(request),
        "title": _("Promises"),
        "groups": [(title, [(row, found[row.promise.number]) for row in rows]) for title, rows in groups],
        "looked_at": looked_at,
        "page": page_of(PromiseChange.objects.all(), request.GET.get("page"), A_PAGE),
    }
    return render(request, "admin/privacy/promises.html", context)
