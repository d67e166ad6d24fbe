"""The site's addresses: the first segment decides the area (privacy/areas.py)."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("", include("website.urls")),
    path("products/", include("downloads.feed_urls")),
    path("downloads/", include("downloads.public_urls")),
    path("partners/", include("purchases.urls")),
    path("buy/", include("purchases.buying_urls")),
    path("promotions/", include("promotions.urls")),
    path("announcements/", include("announcements.urls")),
    path("support/", include("support.public_urls")),
    path("privacy/erasure/", include("rights.erasure_urls")),
    path("privacy/", include("rights.public_urls")),
    path("privacy/", include("privacy.urls")),
    path("", include("operations.urls")),
    path("w3c/", include("privacy.p3p.urls")),
    path(".well-known/", include("privacy.well_known")),
    path("resources/", include("downloads.urls")),
    path("resources/", include("accounts.urls")),
    path("resources/", include("purchases.customer_urls")),
    path("resources/", include("announcements.customer_urls")),
    path("resources/", include("support.urls")),
    path("resources/", include("rights.urls")),
    path("staff/home/", include("operations.home_urls")),
    path("staff/desk/", include("support.live_urls")),
    path("staff/register/", include("privacy.live_urls")),
    path("staff/promotions-live/", include("promotions.live_urls")),
    path("staff/retention/", include("privacy.retention.urls")),
    path("staff/promises/", include("privacy.staff_urls")),
    path("staff/", admin.site.urls),
]
if not settings.PRODUCTION and not settings.EMAIL_URL:
    urlpatterns.append(path("development/mail/", include("mailroom.urls")))

handler400 = "website.errors.bad_request"
handler403 = "website.errors.permission_denied"
handler404 = "website.errors.page_not_found"
handler500 = "website.errors.server_error"
