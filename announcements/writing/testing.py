"""An announcement as a test, to colleagues alone: what they get is what readers will get, but for one word in the subject."""

from collections.abc import Sequence
from secrets import token_hex

from django.db import transaction
from django.http import HttpRequest
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.models import User
from announcements.models import Announcement
from announcements.writing.content import contents
from announcements.writing.samples import for_colleague
from audit.kinds import Kind
from audit.log import record
from mailroom.models import OutgoingMail
from mailroom.tasks import send_mail


@transaction.atomic
def send_test(announcement: Announcement, colleagues: Sequence[User], request: HttpRequest) -> int:
    """One mail to each of them, soon after the commit; returns how many."""
    content = contents(announcement)
    for colleague in colleagues:
        with translation.override(announcement.language):
            shown = content.filled(for_colleague(colleague.name, colleague.email))
            subject = _("[Test] %(subject)s") % {"subject": shown.subject}
        mail = OutgoingMail.objects.create(
            cause=f"announcement:{announcement.pk}:test:{token_hex(8)}",
            user=colleague,
            to=colleague.email,
            subject=subject[:250],
            text=shown.text,
            html=shown.html,
        )
        send_mail.wake(mail.pk)
    record(Kind.ANNOUNCEMENT_TESTED, actor=request.user, request=request, announcement=announcement.pk, count=len(colleagues))
    return len(colleagues)
