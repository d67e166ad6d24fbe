"""The start of a sending: its time has come, its content is frozen, and one mail is made of it before the first one goes out."""

import logging

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from announcements.models import Announcement, Basis, State
from announcements.models.announcement import needs_two_people
from announcements.sending.frozen import CannotFreeze, Frozen, Recipient
from announcements.sending.releasing import recipients_of
from announcements.writing.content import Content, contents
from audit.kinds import Kind
from audit.log import record

log = logging.getLogger(__name__)
NOBODY = Recipient(delivery=0, email="nobody@example.com", token="0" * 32, name="", basis=Basis.CUSTOMER.value)


def begin(announcement: Announcement) -> bool:
    """Freeze what a due announcement says, and have its recipients listed. One whose text cannot be made into mails becomes a draft again, with the
    reason, before anybody gets it; so does one that goes to many by now, and that nobody but its author looked at, and one that would not say any
    more what was released. False then, or if another worker was faster, or it was withdrawn meanwhile."""
    if lacks_a_second_person(announcement):
        give_back(
            announcement, _("It goes to many by now, and its author released it: a colleague looks at it, and releases it."), "recipients"
        )
        return False
    try:
        content = sound_content(announcement)
    except CannotFreeze as reason:
        give_back(announcement, str(reason), "text")
        return False
    frozen = {"frozen_subject": content.subject, "frozen_text": content.text, "frozen_html": content.html}
    begun = as_released(announcement).update(state=State.PREPARING, began_at=timezone.now(), pause_reason="", **frozen)
    return bool(begun)


def sound_content(announcement: Announcement) -> Content:
    """What it says, once a mail was made of it; CannotFreeze, in words for staff, if none can be made, or it would not say what was released."""
    try:
        content = contents(announcement)
        changed = says_something_else(announcement, content)
        announcement.frozen_subject, announcement.frozen_text, announcement.frozen_html = content.subject, content.text, content.html
        Frozen(announcement).letter(NOBODY, timezone.now())
    except Exception as error:  # whatever is wrong with it, staff must read of it, and nobody gets a mail
        log.error("The announcement %s cannot be made into mails: %s.", announcement.pk, type(error).__name__)
        reason = str(error) if isinstance(error, CannotFreeze) else f"{type(error).__name__}: {error}"
        raise CannotFreeze(_("The text cannot be made into mails: %(reason)s") % {"reason": reason}) from error
    if changed:
        raise CannotFreeze(_("What it says has changed since it was released: look at its releases and products."))
    return content


def lacks_a_second_person(announcement: Announcement) -> bool:
    """Whether its author alone released it, when it went to fewer. Asked again now, for a group grows while an announcement waits for its day."""
    by_one = announcement.released_by_id is not None and announcement.released_by_id == announcement.written_by_id
    return by_one and needs_two_people(recipients_of(announcement))


def says_something_else(announcement: Announcement, content: Content) -> bool:
    """Whether a release or product that is picked was changed or deleted since whoever released it looked at it."""
    looked_at = Content(announcement.frozen_subject, announcement.frozen_text, announcement.frozen_html)
    return looked_at.html != "" and looked_at != content


def as_released(announcement: Announcement) -> QuerySet[Announcement]:
    """Its row, if it is due and still the one that was read: it may be withdrawn, changed and released again at any moment."""
    return Announcement.objects.due(timezone.now()).filter(
        pk=announcement.pk, version=announcement.version, released_at=announcement.released_at
    )


@transaction.atomic
def give_back(announcement: Announcement, reason: str, fact: str) -> None:
    if as_released(announcement).select_for_update().exists() and announcement.withdraw():
        Announcement.objects.filter(pk=announcement.pk).update(pause_reason=reason[:300])
        record(Kind.ANNOUNCEMENT_PAUSED, announcement=announcement.pk, reason=fact)
