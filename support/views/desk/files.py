"""Files of a case, for whoever works on it: each opening is recorded before the first byte goes, and no browser looks into what it gets."""

from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.roles import in_role
from audit.kinds import Kind as Fact
from audit.log import record
from infacta.attachment import to_be_saved
from support.models import CaseFile
from support.vault.files import Damaged
from support.vault.keyring import KeyGone
from support.views.desk.case import is_in_hand, title_of
from support.views.desk.queue import case_named, page, works


@require_POST
@works
def open_file(request: HttpRequest, reference: str, pk: int) -> HttpResponseBase:
    """Its bytes as they were sent, a piece at a time. 404 for whoever does not work on the case; 410 for what is destroyed or damaged."""
    case = case_named(reference)
    if not is_in_hand(case, request):
        raise Http404
    file: CaseFile = get_object_or_404(case.files, pk=pk)
    try:
        response = to_be_saved(file.content(), file.name, file.size)
    except (KeyGone, FileNotFoundError):
        return page(request, "no_file", title_of(case), 410, case=case, text=_("This file is destroyed: nobody can read it any more."))
    except (Damaged, OSError):
        text = _("This file cannot be read: what lies on the disk is not what was sent. Please tell whoever operates this site.")
        return page(request, "no_file", title_of(case), 410, case=case, text=text)
    record(
        Fact.CASE_FILE_OPENED, user=case.user, actor=request.user, request=request, **in_role(request.user), case=case.reference, file=pk
    )
    return response
