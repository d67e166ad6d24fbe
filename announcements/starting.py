"""The start of a sending: its time has come, its content is frozen, and one mail is made of it before the first one goes out."""

import logging

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from announcements.content import contents
from announcements.frozen import CannotFreeze, Frozen, Recipient
from announcements.models import Announcement, Basis, State
from audit.kinds import Kind
from audit.log import record

log = logging.getLogger(__name__)
NOBODY = Recipient(delivery=0, email="nobody@example.com", token="0" * 32, name="", basis=Basis.CUSTOMER.value)


def begin(announcement: Announcement) -> bool:
    """Freeze what a due announcement says, and have its recipients listed. One whose text cannot be made into mails becomes a draft again, with the
    reason, before anybody gets it. False then, or if another worker was faster."""
    try:
        content = contents(announcement)
        announcement.frozen_subject, announcement.frozen_text, announcement.frozen_html = content.subject, content.text, content.html
        Frozen(announcement).letter(NOBODY, timezone.now())
    except Exception as error:  # whatever is wrong with it, staff must read of it, and nobody gets a mail
        log.error("The announcement %s cannot be made into mails: %s.", announcement.pk, type(error).__name__)
        reason = str(error) if isinstance(error, CannotFreeze) else f"{type(error).__name__}: {error}"
        give_back(announcement, _("The text cannot be made into mails: %(reason)s") % {"reason": reason})
        return False
    return bool(
        Announcement.objects.due(timezone.now())
        .filter(pk=announcement.pk)
        .update(
            state=State.PREPARING,
            frozen_subject=content.subject,
            frozen_text=content.text,
            frozen_html=content.html,
            began_at=timezone.now(),
            pause_reason="",
        )
    )


@transaction.atomic
def give_back(announcement: Announcement, reason: str) -> None:
    if announcement.withdraw():
        Announcement.objects.filter(pk=announcement.pk).update(pause_reason=reason[:300])
        record(Kind.ANNOUNCEMENT_PAUSED, announcement=announcement.pk, reason="text")
