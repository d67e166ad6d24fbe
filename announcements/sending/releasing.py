"""What staff decide about an announcement that is written: release and withdraw it, pause, resume and cancel its sending. Each once, and recorded."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.http import HttpRequest

from announcements.audience import conditions_of, count
from announcements.models import Announcement
from announcements.writing.content import contents
from audit.kinds import Kind
from audit.log import record


def recipients_of(announcement: Announcement) -> int:
    """How many it would go to at this moment."""
    return count(conditions_of(announcement), announcement.topic)


@transaction.atomic
def release(announcement: Announcement, at: datetime, recipients: int, request: HttpRequest) -> bool:
    """Send it from that moment on, as it stands now with what is picked for it. False, and nothing is recorded, if somebody was faster, changed it,
    or is the one who wrote it."""
    done = announcement.release(request.user, at, recipients)  # type: ignore[arg-type]
    if done:
        content = contents(announcement)
        looked_at = {"frozen_subject": content.subject, "frozen_text": content.text, "frozen_html": content.html}
        Announcement.objects.filter(pk=announcement.pk).update(**looked_at)
    return noted(done, Kind.ANNOUNCEMENT_RELEASED, announcement, request, at=at.isoformat(), count=recipients)


@transaction.atomic
def withdraw(announcement: Announcement, request: HttpRequest) -> bool:
    return noted(announcement.withdraw(), Kind.ANNOUNCEMENT_WITHDRAWN, announcement, request)


@transaction.atomic
def pause(announcement: Announcement, reason: str, request: HttpRequest) -> bool:
    return noted(announcement.pause(reason), Kind.ANNOUNCEMENT_PAUSED, announcement, request, reason=reason)


@transaction.atomic
def resume(announcement: Announcement, request: HttpRequest) -> bool:
    return noted(announcement.resume(), Kind.ANNOUNCEMENT_RESUMED, announcement, request)


@transaction.atomic
def cancel(announcement: Announcement, reason: str, request: HttpRequest) -> bool:
    return noted(announcement.cancel(), Kind.ANNOUNCEMENT_CANCELLED, announcement, request, reason=reason)


def noted(done: bool, kind: Kind, announcement: Announcement, request: HttpRequest, **facts: Any) -> bool:
    if done:
        record(kind, actor=request.user, request=request, announcement=announcement.pk, **facts)
    return done
