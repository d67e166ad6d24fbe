"""Bundles of diagnostics at the desk, for whoever works on the case: what is in them, checked, and one item at a time (promise G7)."""

import io
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.roles import in_role
from audit.kinds import Kind as Fact
from audit.log import record
from infacta.attachment import to_be_saved
from support.cases.attaching import safe_name
from support.desk.panels import panel
from support.diagnostics.archives import UNREADABLE, Contents, NotToBeOpened, inspected, opened
from support.models import Case, CaseFile, FileKind, Kind, Life
from support.references import reference_in
from support.vault.files import Damaged
from support.vault.keyring import KeyGone
from support.vault.reading import Reader
from support.views.desk.queue import page, works

AT_ONCE = 16 * 1024 * 1024
"""So much is read of a bundle to show the page of its case; more when somebody asks for it."""
MOST_BUNDLES = 5
View = Callable[..., HttpResponseBase]


@panel(Kind.DIAGNOSTICS, "admin/support/panels/diagnostics.html")
def bundles(request: HttpRequest, case: Case) -> dict[str, Any]:
    """The bundles of the case with their items."""
    held = case.files.filter(kind=FileKind.DIAGNOSTICS).select_related("case")[:MOST_BUNDLES]
    return {"bundles": [{"file": file, "contents": contents_of(file, AT_ONCE)} for file in held]}


def of_a_bundle(view: View) -> View:
    """For members of support; 404 to whoever does not work on the case, and for what is destroyed."""

    @require_POST
    @works
    @wraps(view)
    def guarded(request: HttpRequest, reference: str, pk: int, **values: Any) -> HttpResponseBase:
        mine = CaseFile.objects.filter(case__assigned_to=request.user.pk, case__life=Life.LIVE, kind=FileKind.DIAGNOSTICS)
        file = get_object_or_404(mine.select_related("case__user"), pk=pk, case__reference=reference_in(reference))
        return view(request, file, **values)

    return guarded


@of_a_bundle
def check(request: HttpRequest, file: CaseFile) -> HttpResponse:
    """All of it is read and compared with its manifest."""
    noted(request, file)
    bundle = {"file": file, "contents": contents_of(file)}
    return page(request, "diagnostics_checked", _("Diagnostics"), case=file.case, bundle=bundle)


@of_a_bundle
def item(request: HttpRequest, file: CaseFile, number: int) -> HttpResponseBase:
    """One item, as it was sent, a piece at a time."""
    try:
        found, pieces = opened(reader_of(file), number)
        response = to_be_saved(pieces, safe_name(found.path))
    except (NotToBeOpened, KeyGone, Damaged, *UNREADABLE) as error:
        raise Http404 from error
    noted(request, file, item=number)
    return response


def noted(request: HttpRequest, file: CaseFile, **detail: int) -> None:
    facts = {"case": file.case.reference, "file": file.pk, **detail}
    record(Fact.CASE_FILE_OPENED, user=file.case.user, actor=request.user, request=request, **in_role(request.user), **facts)


def contents_of(file: CaseFile, *budget: int) -> Contents | None:
    """None if it cannot be read any more."""
    try:
        with reader_of(file) as reader:
            return inspected(reader, *budget)
    except (KeyGone, FileNotFoundError, Damaged):
        return None


def reader_of(file: CaseFile) -> io.BufferedReader:
    return io.BufferedReader(Reader(file.case.key_name, file.stored_as))
