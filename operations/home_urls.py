"""Staff's pages that show how the site is doing."""

from django.urls import URLPattern

app_name = "home"
urlpatterns: list[URLPattern] = []
