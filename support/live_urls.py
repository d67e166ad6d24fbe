"""The desk, where staff work on cases: below /staff/desk/, behind both factors as every page there."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.urls import URLPattern, path, register_converter
from django.urls.converters import StringConverter

from support.views import (
    desk,
    desk_case,
    desk_corrections,
    desk_diagnostics,
    desk_files,
    desk_holds,
    desk_log_in_help,
    desk_reinstatement,
    desk_taking,
    desk_writing,
)

app_name = "support_live"


class OrderConverter(StringConverter):
    """What names an order: the beginning of its digest."""

    regex = "[0-9a-f]{16}"


register_converter(OrderConverter, "order")


def page(route: str, view: Callable[..., Any], name: str) -> URLPattern:
    return path(route, admin.site.admin_view(view), name=name)


urlpatterns = [
    page("", desk.queue, "queue"),
    page("find/", desk.find, "find"),
    page("figures/", desk.figures, "figures"),
    page("log-in-help/repeats/", desk_log_in_help.repeats, "login_help_repeats"),
    page("log-in-help/orders/<order:order>/", desk_log_in_help.of_order, "loginhelprequest"),
    page("<slug:reference>/", desk_case.case, "case"),
    page("<slug:reference>/take/", desk_taking.take, "take"),
    page("<slug:reference>/take-over/", desk_taking.take_over, "take_over"),
    page("<slug:reference>/hand-over/", desk_taking.hand_over, "hand_over"),
    page("<slug:reference>/give-back/", desk_taking.give_back, "give_back"),
    page("<slug:reference>/answer/", desk_writing.answer, "answer"),
    page("<slug:reference>/note/", desk_writing.note, "note"),
    page("<slug:reference>/close/", desk_writing.close, "close"),
    page("<slug:reference>/reopen/", desk_writing.reopen, "reopen"),
    page("<slug:reference>/keep/", desk_holds.keep, "keep"),
    page("<slug:reference>/lift/", desk_holds.lift, "lift"),
    page("<slug:reference>/files/<int:pk>/", desk_files.open_file, "file"),
    page("<slug:reference>/diagnostics/<int:pk>/", desk_diagnostics.check, "diagnostics_check"),
    page("<slug:reference>/diagnostics/<int:pk>/<int:number>/", desk_diagnostics.item, "diagnostics_item"),
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
