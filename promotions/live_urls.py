"""Where staff watch promotions: below /staff/, behind both factors as every page there."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.urls import URLPattern, path, register_converter
from django.urls.converters import StringConverter

from promotions import admin_live

app_name = "promotions_live"


class PersonConverter(StringConverter):
    """What tells people apart: the beginning of a digest."""

    regex = "[0-9a-f]{16}"


register_converter(PersonConverter, "person")


def page(route: str, view: Callable[..., Any], name: str) -> URLPattern:
    return path(route, admin.site.admin_view(view), name=name)


urlpatterns = [
    page("", admin_live.promotions, "promotions"),
    page("<int:pk>/", admin_live.promotion, "promotion"),
    page("<int:pk>/stop/", admin_live.stop, "stop"),
    page("<int:pk>/export/", admin_live.export, "export"),
    page("<int:pk>/disposable/", admin_live.disposable, "disposable"),
    page("batches/<int:pk>/", admin_live.batch, "codebatch"),
    page("batches/<int:pk>/stop/", admin_live.stop_batch, "stop_batch"),
    page("people/<person:key>/", admin_live.person, "registrant"),
    page("registrations/<int:pk>/", admin_live.registration, "registration"),
    page("registrations/<int:pk>/end/", admin_live.end, "end"),
    page("registrations/<int:pk>/reinstate/", admin_live.reinstate, "reinstate"),
]
