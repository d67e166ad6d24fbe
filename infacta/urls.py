"""The site's addresses: the first segment decides the area (privacy/areas.py)."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("", include("website.urls")),
    path("partners/", include("purchases.urls")),
    path("resources/", include("accounts.urls")),
    path("staff/", admin.site.urls),
]
