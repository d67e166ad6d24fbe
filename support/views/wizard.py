"""The page of the wizard that ships inside products (promise G7), the wizard itself, and how other programs do what it does."""

import hashlib
from functools import cache

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_safe
from markdown_it import MarkdownIt

from support.diagnostics.limits import MEGABYTE, largest
from support.models import DiagnosticsUpload

PROGRAM = settings.BASE_DIR / "support" / "wizard" / "infacta_wizard.py"
API = settings.BASE_DIR / "docs" / "diagnostics-api.md"


@require_safe
def about(request: HttpRequest) -> HttpResponse:
    """What it collects, what the person controls, and where to get it."""
    context = {
        "sha256": hashlib.sha256(program_text()).hexdigest(),
        "size": len(program_text()),
        "largest_mb": largest() // MEGABYTE,
        "hours": int(DiagnosticsUpload.LIFE.total_seconds() // 3600),
        "grace_days": settings.SUPPORT_GRACE_DAYS,
    }
    return render(request, "support/wizard.html", context)


@require_safe
def program(request: HttpRequest) -> HttpResponse:
    answer = HttpResponse(program_text(), content_type="text/x-python; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="infacta_wizard.py"'
    return answer


@require_safe
def api(request: HttpRequest) -> HttpResponse:
    return render(request, "support/wizard_api.html", {"text": mark_safe(api_text())})  # noqa: S308  our own page


@cache
def program_text() -> bytes:
    return PROGRAM.read_bytes()


@cache
def api_text() -> str:
    """The page of the documentation, with this site's own addresses."""
    text = API.read_text().replace("(diagnostics.schema.json)", f"({reverse('help:diagnostics_schema')})")
    return MarkdownIt("commonmark").enable("table").render(text.replace("https://customers.example.com", settings.SITE_URL))
