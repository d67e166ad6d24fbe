"""An upload by its token, and its end before it is whole."""

from django.utils import timezone
from django.utils.translation import gettext as _

from support.diagnostics.problems import Problem
from support.diagnostics.receiving import destroy, gone
from support.models import DiagnosticsUpload, Life
from support.vault.alone import Busy, alone
from support.vault.keyring import KeyGone


def sought(token: str) -> DiagnosticsUpload:
    """Raises Problem for a token that opens nothing, or nothing any more: with the case its upload is gone too."""
    found = DiagnosticsUpload.objects.behind(token, timezone.now())
    if found is None or (found.case and found.case.life != Life.LIVE):
        raise gone()
    return found


def cancel(upload: DiagnosticsUpload) -> None:
    """The person changed their mind: nothing of it is kept. Raises Problem if it has become a case."""
    try:
        with alone(upload.key_name):
            upload.refresh_from_db()
            if upload.case_id is None:
                return destroy(upload)
    except Busy as error:
        raise Problem(423, "locked", _("This upload is being written to"), _("Wait a moment, and try again.")) from error
    except (KeyGone, DiagnosticsUpload.DoesNotExist) as error:
        raise gone() from error
    detail = _("All of it has come, and it is a support case now. You can have that destroyed at its page, to which the mail leads.")
    raise Problem(409, "already-a-case", _("It is too late to cancel it"), detail)
