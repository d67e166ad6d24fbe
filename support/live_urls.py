"""The desk, where staff work on cases: below /staff/desk/, behind both factors as every page there."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.urls import URLPattern, path, register_converter
from django.urls.converters import StringConverter

from support.views import desk_case, desk_corrections, desk_log_in_help, desk_reinstatement

app_name = "support_live"


class OrderConverter(StringConverter):
    """What names an order: the beginning of its digest."""

    regex = "[0-9a-f]{16}"


register_converter(OrderConverter, "order")


def page(route: str, view: Callable[..., Any], name: str) -> URLPattern:
    return path(route, admin.site.admin_view(view), name=name)


urlpatterns = [
    page("log-in-help/repeats/", desk_log_in_help.repeats, "login_help_repeats"),
    page("log-in-help/orders/<order:order>/", desk_log_in_help.of_order, "loginhelprequest"),
    page("<slug:reference>/", desk_case.case, "case"),
    page("<slug:reference>/login-help/send/<str:key>/", desk_log_in_help.send, "send_way_in"),
    page("<slug:reference>/login-help/refuse/", desk_log_in_help.refuse, "refuse_login_help"),
    page("<slug:reference>/login-help/keep/", desk_log_in_help.keep, "keep_proof"),
    page("<slug:reference>/correction/", desk_corrections.turn, "treat_as_correction"),
    page("<slug:reference>/correction/apply/", desk_corrections.apply, "apply_correction"),
    page("<slug:reference>/correction/by-hand/", desk_corrections.by_hand, "corrected_by_hand"),
    page("<slug:reference>/correction/refuse/", desk_corrections.refuse, "refuse_correction"),
    page("<slug:reference>/reinstatement/lift/", desk_reinstatement.lift, "lift_hold"),
    page("<slug:reference>/reinstatement/close/", desk_reinstatement.close, "close_account"),
]
