"""What became of an announcement, in numbers: from its counters, and from what relays answered of the few that failed. Nobody is followed: whether a
mail was opened, or a link in it, is not known here."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count
from django.db.models.functions import Substr
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from announcements.models import Announcement, Delivery, DeliveryState
from infacta.charts import columns

MOST_REASONS = 10
CODE = 3  # digits of an SMTP reply (RFC 5321, 4.2)
MEANINGS = {
    "421": gettext_lazy("the mail server was not available"),
    "450": gettext_lazy("the mailbox was busy or not available"),
    "451": gettext_lazy("the mail server had a fault"),
    "452": gettext_lazy("the mail server had no room"),
    "550": gettext_lazy("there is no such mailbox, or the mail was refused"),
    "551": gettext_lazy("the mailbox is elsewhere"),
    "552": gettext_lazy("the mailbox is full"),
    "553": gettext_lazy("the address is not allowed"),
    "554": gettext_lazy("the mail was refused"),
}


@dataclass(frozen=True)
class Reason:
    """Why deliveries failed: the relay's code with what it means, and how many."""

    words: str
    count: int


@dataclass(frozen=True)
class Results:
    announcement: Announcement
    reasons: Sequence[Reason]

    @property
    def rows(self) -> list[tuple[str, int, str]]:
        """What happened, how often, and what it means."""
        one = self.announcement
        return [
            (_("sent"), one.sent, _("A mail server took the mail. Whether somebody read it nobody knows.")),
            (_("bounced"), one.bounced, _("Taken first, and reported as undeliverable later: of those that were sent.")),
            (_("left"), one.left, _("Left by this mail, in whatever way: of those that were sent.")),
            (_("complained"), one.complained, _("Reported as unwanted at their mail provider: of those that were sent.")),
            (_("failed"), one.failed, _("The mail server refused it for good, or too often.")),
            (_("skipped"), one.skipped, _("Left, or was suppressed, between the listing and the sending; or it was cancelled.")),
            (_("unknown"), one.unknown, _("The connection ended before the mail server answered: it may have arrived, or not.")),
        ]

    @property
    def delivered(self) -> int:
        """Sent, and not come back."""
        return max(0, self.announcement.sent - self.announcement.bounced)

    def chart(self) -> SafeString:
        """Each column is one outcome, of all recipients."""
        one = self.announcement
        outcomes = {
            _("delivered"): self.delivered,
            _("bounced"): one.bounced,
            _("failed"): one.failed,
            _("skipped"): one.skipped,
            _("unknown"): one.unknown,
        }
        labels = list(outcomes)
        series = {label: [outcomes[label] if other == label else 0 for other in labels] for label in labels}
        return columns(_("What became of it, by recipients"), labels, series)

    def chart_of_answers(self) -> SafeString:
        """How many of those who got it left, or complained."""
        one = self.announcement
        labels = [_("left"), _("complained")]
        return columns(_("Who left, and who complained"), labels, {_("left"): [one.left, 0], _("complained"): [0, one.complained]})

    def chart_of_reasons(self) -> SafeString:
        labels = [reason.words[:CODE] for reason in self.reasons]
        return columns(_("Failed, by the mail server's answer"), labels, {_("failed"): [reason.count for reason in self.reasons]})


def results_of(announcement: Announcement) -> Results:
    """One query: of the deliveries that failed alone."""
    failed = Delivery.objects.filter(announcement=announcement, state=DeliveryState.FAILED)
    counted = failed.values(code=Substr("answer", 1, CODE)).annotate(count=Count("pk")).order_by("-count", "code")
    return Results(announcement, [Reason(in_words(row["code"]), row["count"]) for row in counted[:MOST_REASONS]])


def in_words(code: str) -> str:
    if not code.isdigit():
        return _("other: see the deliveries")
    return f"{code}: {MEANINGS[code]}" if code in MEANINGS else code
