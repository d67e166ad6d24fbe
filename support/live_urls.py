"""The desk, where staff work on cases: below /staff/desk/, behind both factors as every page there."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.urls import URLPattern, path

from support.views import desk, desk_case, desk_diagnostics, desk_files, desk_holds, desk_taking, desk_writing

app_name = "support_live"


def page(route: str, view: Callable[..., Any], name: str) -> URLPattern:
    return path(route, admin.site.admin_view(view), name=name)


urlpatterns = [
    page("", desk.queue, "queue"),
    page("find/", desk.find, "find"),
    page("figures/", desk.figures, "figures"),
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
]
