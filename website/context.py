"""What every template knows."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from privacy.areas import area_of


def site(request: HttpRequest) -> dict[str, Any]:
    return {"area": area_of(request.path)} | SITE


SITE = {
    "site_name": settings.SITE_NAME,
    "support_email": settings.SUPPORT_EMAIL,
    "privacy_email": settings.PRIVACY_EMAIL,
    "vendor_address": settings.VENDOR_ADDRESS,
}
