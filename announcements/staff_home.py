"""What announcements tell staff's home: who joined and left, how far a sending is, and what bounced."""

from datetime import datetime

from django.db.models import Q, QuerySet, Sum
from django.utils.translation import gettext_lazy as _

from announcements.models import Announcement, Subscription
from announcements.models.announcement import UNDER_WAY, State
from audit.counting import audited
from audit.kinds import Kind
from infacta.figures import MONITOR, Listed, Reading, Standing, register

ANNOUNCEMENTS = "admin:announcements_announcement_changelist"
PAUSED = Listed(ANNOUNCEMENTS, only=(("state__exact", State.PAUSED.value),))


def going() -> QuerySet[Announcement]:
    return Announcement.objects.filter(Q(state__in=UNDER_WAY) | Q(state=State.PAUSED))


def total_of(column: str) -> int:
    return going().order_by().aggregate(sum=Sum(column))["sum"] or 0


def sent(now: datetime) -> Reading:
    return Reading(total_of("sent"), of=total_of("total"))


def bounced(now: datetime) -> Reading:
    return Reading(total_of("bounced"), of=total_of("sent"))


def paused(now: datetime) -> Reading:
    return Reading(Announcement.objects.filter(state=State.PAUSED).count())


def subscribers(now: datetime) -> Reading:
    return Reading(Subscription.objects.confirmed().count())


register(
    audited(
        "subscribers",
        _("Announcement group"),
        _(
            "Who joined the announcement group, and who left it. Customers who are members without joining are not counted. From the audit log."
        ),
        [Kind.GROUP_JOINED, Kind.GROUP_LEFT],
        position=70,
    ),
    Standing("announcements-paused", _("Announcements paused"), MONITOR, PAUSED, paused, is_wrong=True, position=60),
    Standing("announcements-sent", _("Announcements under way: mails sent"), MONITOR, Listed(ANNOUNCEMENTS), sent, position=61),
    Standing(
        "announcements-bounced",
        _("Announcements under way: mails bounced"),
        MONITOR,
        Listed("admin:announcements_bounce_changelist"),
        bounced,
        position=62,
    ),
    Standing(
        "subscribers",
        _("Subscribers"),
        MONITOR,
        Listed("admin:announcements_subscription_changelist", only=(("state__exact", "confirmed"),)),
        subscribers,
        position=63,
    ),
)
