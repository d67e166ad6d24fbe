"""What machines ask of the site's state."""

from django.urls import URLPattern

app_name = "operations"
urlpatterns: list[URLPattern] = []
