"""The desk, where staff work on cases: below /staff/desk/, behind both factors as every page there."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.urls import URLPattern, path, register_converter
from django.urls.converters import StringConverter

from support.views.desk import case, corrections, diagnostics, files, holds, log_in_help, objection, queue, reinstatement, taking, writing

app_name = "support_live"


class OrderConverter(StringConverter):
    """What names an order: the beginning of its digest."""

    regex = "[0-9a-f]{16}"


register_converter(OrderConverter, "order")


def page(route: str, view: Callable[..., Any], name: str) -> URLPattern:
    return path(route, admin.site.admin_view(view), name=name)


urlpatterns = [
    page("", queue.queue, "queue"),
    page("find/", queue.find, "find"),
    page("figures/", queue.figures, "figures"),
    page("log-in-help/repeats/", log_in_help.repeats, "login_help_repeats"),
    page("log-in-help/orders/<order:order>/", log_in_help.of_order, "loginhelprequest"),
    page("<slug:reference>/", case.case, "case"),
    page("<slug:reference>/take/", taking.take, "take"),
    page("<slug:reference>/take-over/", taking.take_over, "take_over"),
    page("<slug:reference>/hand-over/", taking.hand_over, "hand_over"),
    page("<slug:reference>/give-back/", taking.give_back, "give_back"),
    page("<slug:reference>/answer/", writing.answer, "answer"),
    page("<slug:reference>/note/", writing.note, "note"),
    page("<slug:reference>/close/", writing.close, "close"),
    page("<slug:reference>/reopen/", writing.reopen, "reopen"),
    page("<slug:reference>/keep/", holds.keep, "keep"),
    page("<slug:reference>/lift/", holds.lift, "lift"),
    page("<slug:reference>/files/<int:pk>/", files.open_file, "file"),
    page("<slug:reference>/diagnostics/<int:pk>/", diagnostics.check, "diagnostics_check"),
    page("<slug:reference>/diagnostics/<int:pk>/<int:number>/", diagnostics.item, "diagnostics_item"),
    page("<slug:reference>/login-help/send/<str:key>/", log_in_help.send, "send_way_in"),
    page("<slug:reference>/login-help/refuse/", log_in_help.refuse, "refuse_login_help"),
    page("<slug:reference>/login-help/keep/", log_in_help.keep, "keep_proof"),
    page("<slug:reference>/correction/", corrections.turn, "treat_as_correction"),
    page("<slug:reference>/correction/apply/", corrections.apply, "apply_correction"),
    page("<slug:reference>/correction/by-hand/", corrections.by_hand, "corrected_by_hand"),
    page("<slug:reference>/correction/refuse/", corrections.refuse, "refuse_correction"),
    page("<slug:reference>/objection/uphold/", objection.uphold, "uphold_objection"),
    page("<slug:reference>/objection/refuse/", objection.refuse, "refuse_objection"),
    page("<slug:reference>/reinstatement/lift/", reinstatement.lift, "lift_hold"),
    page("<slug:reference>/reinstatement/close/", reinstatement.close, "close_account"),
]
