"""The register of processing, for administration: to be read and printed, and as a table."""

from django.contrib import admin
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from infacta.attachment import attachment
from privacy.areas import POLICIES
from privacy.register import by_area, controller, entries, lines, transfers
from privacy.registry import registry

sees_register = permission_required("privacy.register_policyversion", raise_exception=True)


@require_safe
@sees_register
def register(request: HttpRequest) -> HttpResponse:
    context = {
        "title": _("Register of processing"),
        "controller": controller(),
        "transfers": transfers(),
        "areas": by_area(entries(registry)),
        "measures": registry.measures,
        "policies": POLICIES,
        "now": timezone.now(),
    }
    return render(request, "admin/privacy/register.html", {**admin.site.each_context(request), **context})


@require_safe
@sees_register
def as_csv(request: HttpRequest) -> HttpResponse:
    name = f"register-of-processing-{timezone.localdate()}.csv"
    table = "".join(lines(registry))  # all of it now, while the reader's language is spoken
    return HttpResponse(table, content_type="text/csv; charset=utf-8", headers={"Content-Disposition": attachment(name)})
