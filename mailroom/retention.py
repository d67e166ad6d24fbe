"""Which mails are due, where no field says it by itself. Named in the declarations; their destroyers ask there."""

from datetime import datetime

from mailroom.models import OutgoingMail, OutgoingMailQuerySet
from mailroom.personal_data import MAIL_BODY


def unsent_bodies(now: datetime) -> OutgoingMailQuerySet:
    """Mails that could not be sent in time, and whose content is still there."""
    return OutgoingMail.objects.filter(written_at__lt=MAIL_BODY.oldest(now)).exclude(**OutgoingMail.EMPTY)
