"""What every template knows."""

from typing import Any

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest
from django.utils import timezone

from privacy.areas import area_of
from promotions.models import Promotion


def site(request: HttpRequest) -> dict[str, Any]:
    return {"area": area_of(request.path), "promotions_are_running": promotions_are_running} | SITE


def promotions_are_running() -> bool:
    """Whether the navigation leads to promotions: asked when the top of the pages is put together, once a minute in each process.

    A page that needs nothing else of the database, such as a policy, is there without it too.
    """
    try:
        return Promotion.objects.running(timezone.now()).exists()
    except DatabaseError:
        return False


SITE = {
    "site_name": settings.SITE_NAME,
    "support_email": settings.SUPPORT_EMAIL,
    "privacy_email": settings.PRIVACY_EMAIL,
    "vendor_address": settings.VENDOR_ADDRESS,
}
