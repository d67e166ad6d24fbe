"""The desk, where staff work on cases: below /staff/desk/, behind both factors as every page there."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.urls import URLPattern, path

from support.views import desk_diagnostics

app_name = "support_live"


def page(route: str, view: Callable[..., Any], name: str) -> URLPattern:
    return path(route, admin.site.admin_view(view), name=name)


urlpatterns = [
    page("<slug:reference>/diagnostics/<int:pk>/", desk_diagnostics.check, "diagnostics_check"),
    page("<slug:reference>/diagnostics/<int:pk>/<int:number>/", desk_diagnostics.item, "diagnostics_item"),
]
