"""The desk, where staff work on cases: below /staff/desk/, behind both factors as every page there."""

from django.urls import URLPattern

app_name = "support_live"
urlpatterns: list[URLPattern] = []
