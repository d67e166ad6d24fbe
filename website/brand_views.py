"""The vendor's colours and pictures as browsers fetch them, and the imprint."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from infacta import branding

FOR_GOOD = "public, max-age=31536000, immutable"
"""The address names the content."""
NOTHING_RUNS = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'; sandbox"
"""A picture that is opened by itself runs and fetches nothing."""


@require_safe
def style(request: HttpRequest, digest: str) -> HttpResponse:
    """The vendor's colours; with a digest of other times, those of today, and not to be kept."""
    sheet = branding.stylesheet()
    kept = FOR_GOOD if digest == branding.digest_of(sheet) else "no-cache"
    return HttpResponse(sheet, content_type="text/css; charset=utf-8", headers={"Cache-Control": kept})


@require_safe
def picture(request: HttpRequest, name: str, digest: str) -> HttpResponse:
    """A logo or icon; the same holds for its digest."""
    found = branding.pictures().get(name)
    if not found:
        raise Http404
    kept = FOR_GOOD if digest == found.digest else "no-cache"
    headers = {"Cache-Control": kept, "Content-Security-Policy": NOTHING_RUNS, "Content-Disposition": "inline"}
    return HttpResponse(found.content, content_type=found.type, headers=headers)


@require_safe
def imprint(request: HttpRequest) -> HttpResponse:
    """Who runs the site, as § 5 of the German Digitale-Dienste-Gesetz and article 5 of directive 2000/31/EC want it."""
    vendor = {
        "name": settings.VENDOR_NAME or settings.SITE_NAME,
        "representative": settings.VENDOR_REPRESENTATIVE,
        "register": settings.VENDOR_REGISTER,
        "vat_id": settings.VENDOR_VAT_ID,
        "telephone": settings.VENDOR_TELEPHONE,
    }
    return render(request, "website/imprint.html", {"vendor": vendor})
