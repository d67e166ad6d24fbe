"""What the mailroom tells staff's home: mails that wait, that failed, and that lie in quarantine."""

from datetime import datetime, timedelta

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from infacta.figures import MONITOR, Listed, Reading, Standing, oldest, register
from mailroom.models import IncomingMail, IncomingState, MailState, OutgoingMail

OUTGOING = "admin:mailroom_outgoingmail_changelist"
LATELY = timedelta(days=7)
"""What failed is told for as long as it can be sent again; then its text is destroyed."""


def waiting(now: datetime) -> Reading:
    rows = OutgoingMail.objects.filter(Q(state=MailState.PENDING) | Q(state=MailState.SENDING))
    return oldest(rows, "written_at")


def failed(now: datetime) -> Reading:
    return oldest(OutgoingMail.objects.filter(state=MailState.FAILED, written_at__gte=now - LATELY), "written_at")


def quarantined(now: datetime) -> Reading:
    return oldest(IncomingMail.objects.filter(state=IncomingState.QUARANTINED), "received_at")


register(
    Standing(
        "mails-failed",
        _("Mails that failed, of the last 7 days"),
        MONITOR,
        Listed(OUTGOING, only=(("state__exact", "failed"),)),
        failed,
        is_wrong=True,
        position=45,
    ),
    Standing(
        "mails-waiting",
        _("Mails that wait to be sent"),
        MONITOR,
        Listed(OUTGOING, only=(("state__exact", "pending"),)),
        waiting,
        position=46,
    ),
    Standing(
        "mails-quarantined",
        _("Incoming mails in quarantine"),
        MONITOR,
        Listed("admin:mailroom_incomingmail_changelist", only=(("state__exact", "quarantined"),)),
        quarantined,
        is_wrong=True,
        position=47,
    ),
)
