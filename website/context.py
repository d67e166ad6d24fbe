"""What every template knows."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest


def site(request: HttpRequest) -> dict[str, Any]:
    return {
        "site_name": settings.SITE_NAME,
        "support_email": settings.SUPPORT_EMAIL,
        "privacy_email": settings.PRIVACY_EMAIL,
        "vendor_address": settings.VENDOR_ADDRESS,
    }
