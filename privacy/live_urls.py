"""The register of processing: below /staff/register/, behind both factors as every page there."""

from django.contrib import admin
from django.urls import path

from privacy.views import register

app_name = "privacy_live"
urlpatterns = [
    path("", admin.site.admin_view(register.register), name="register"),
    path("csv/", admin.site.admin_view(register.as_csv), name="register_csv"),
]
