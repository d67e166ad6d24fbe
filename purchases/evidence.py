"""Evidence of one purchase, for a partner or a bank after a chargeback: what was ordered, told, mailed, logged in to, downloaded and unlocked.

Everything is of this order or of its customer, so the reach of the order's page covers it. Each list is cut, and says how much more there is.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import Hold, LoginSession
from audit.kinds import Kind
from audit.models import AuditEvent
from downloads.models import DownloadSession, Entitlement, UnlockCode
from mailroom.models import OutgoingMail
from purchases.models import Purchase, Reversal, WebhookEvent

MOST = 200  # rows of a list
SHOWN_OF_A_CODE = 4  # characters at its end

Cell = Any
LOGINS = (Kind.LOGIN_SUCCEEDED, Kind.LOGIN_FAILED)


@dataclass(frozen=True)
class List:
    """One list of the evidence: its title, headings and rows, and how many more rows there are."""

    title: str
    headings: list[str]
    rows: list[list[Cell]]
    more: int = 0
    note: str = ""


@dataclass(frozen=True)
class Evidence:
    """All that is known of a purchase. `facts` is the order as the partner reported it."""

    purchase: Purchase
    facts: list[tuple[str, Cell]]
    lists: list[List] = field(default_factory=list)


def evidence_of(purchase: Purchase) -> Evidence:
    """The number of queries is the same whatever the customer did."""
    owned = [item.entitlement_id for item in purchase.items.all()]
    makers = (items, reversals, notifications, mails)
    theirs = (unlock_codes, downloads)
    lists = [make(purchase) for make in makers] + [make(owned) for make in theirs]
    return Evidence(purchase, facts_of(purchase), [*lists, logins(purchase), sessions(purchase), holds(purchase)])


def facts_of(purchase: Purchase) -> list[tuple[str, Cell]]:
    names = (*("partner", "order_reference", "purchased_at", "recorded_at", "currency", "total", "ip", "email"), *purchase.contact_parts)
    return [(str(purchase._meta.get_field(name).verbose_name), in_words(getattr(purchase, name))) for name in names]  # type: ignore[union-attr]


def in_words(value: Any) -> Cell:
    """A moment with its zone, so that nobody has to guess; a dash for nothing."""
    if hasattr(value, "tzinfo"):
        local = timezone.localtime(value)
        return f"{date_format(local, 'Y-m-d H:i:s')} {local.tzname()}"
    return "–" if value in (None, "") else value


def listed(title: str, headings: Iterable[str], rows: QuerySet[Any], cells: Any, note: str = "") -> List:
    """The first of the rows, and the number of the others. One query, and one more where there are others."""
    found = list(rows[: MOST + 1])
    more = rows.count() - MOST if len(found) > MOST else 0
    return List(title, list(headings), [[in_words(cell) for cell in cells(row)] for row in found[:MOST]], more, note)


def items(purchase: Purchase) -> List:
    return listed(
        _("What was ordered"),
        [_("Line"), _("Product code"), _("Product"), _("Quantity"), _("Unit price"), _("Delivery"), _("Units left")],
        purchase.items.select_related("entitlement", "extension").order_by("line_number"),
        lambda one: [
            one.line_number,
            one.product_code,
            one.product_name,
            one.quantity,
            one.unit_price,
            one.delivery_option,
            one.units_left,
        ],
    )


def reversals(purchase: Purchase) -> List:
    return listed(
        _("Refunds and chargebacks"),
        [_("When"), _("Told"), _("What"), _("Units"), _("Line")],
        Reversal.objects.filter(item__purchase=purchase).select_related("item").order_by("occurred_at", "pk"),
        lambda one: [
            one.occurred_at,
            one.recorded_at,
            one.get_kind_display(),
            _("all") if one.units is None else one.units,
            one.item.line_number,
        ],
    )


def notifications(purchase: Purchase) -> List:
    told = WebhookEvent.objects.filter(
        Q(order_reference=purchase.order_reference) | Q(parent_order_reference=purchase.order_reference), partner=purchase.partner
    )
    return listed(
        _("The partner's notifications"),
        [_("Received"), _("Occurred"), _("How"), _("Partner's type"), _("Kind"), _("State"), _("SHA-256 of what was sent")],
        told.defer("payload", "read_back").order_by("received_at", "pk"),
        lambda one: [
            one.received_at,
            one.occurred_at,
            one.get_channel_display(),
            one.raw_type,
            one.get_kind_display(),
            one.get_state_display(),
            one.payload_sha256,
        ],
        _("Kept for 180 days after they were dealt with."),
    )


def mails(purchase: Purchase) -> List:
    return listed(
        _("The mails with the unlock codes, and what the relay answered"),
        [_("Written"), _("To"), _("Subject"), _("State"), _("Sent"), _("The relay's answer"), _("Message-ID")],
        mails_of(purchase).defer("text", "html"),
        lambda one: [one.written_at, one.to, one.subject, one.get_state_display(), one.sent_at, one.answer, one.message_id],
        _("Kept for 90 days; their text is destroyed when they are sent."),
    )


def mails_of(purchase: Purchase) -> QuerySet[OutgoingMail]:
    """The mail of the order itself, and those that repeated codes of what it granted."""
    order = Q(cause__in=[f"{what}:{purchase.partner}:{purchase.order_reference}" for what in ("purchase", "renewal")])
    codes = Q()
    for item in purchase.items.all():
        codes |= Q(cause__startswith=f"codes:{item.entitlement_id}:")
    return OutgoingMail.objects.filter(order | codes, user=purchase.user_id).order_by("written_at", "pk")


def unlock_codes(owned: list[int]) -> List:
    return listed(
        _("The unlock codes issued"),
        [_("Code, masked"), _("Product"), _("Unit"), _("Issued"), _("Revoked"), _("Why")],
        UnlockCode.objects.filter(entitlement__in=owned).select_related("entitlement__product").order_by("entitlement", "unit", "pk"),
        lambda one: [masked(one.code), one.entitlement.product, one.unit, one.issued_at, one.revoked_at, one.get_revoked_for_display()],
    )


def masked(code: str) -> str:
    """Enough to tell codes apart, and too little to unlock anything: whoever reads the evidence is no customer."""
    return "…" + code[-SHOWN_OF_A_CODE:]


def downloads(owned: list[int]) -> List:
    taken = DownloadSession.objects.filter(entitlement__in=Entitlement.objects.filter(pk__in=owned))
    return listed(
        _("The downloads taken"),
        [_("When"), _("File"), _("IP address"), _("Browser"), _("Bytes sent"), _("Of"), _("Completed"), _("Given back")],
        taken.select_related("file").order_by("opened_at", "pk"),
        lambda one: [one.opened_at, one.file.name, one.ip, one.browser, one.bytes_sent, one.file.size, one.completed_at, one.returned_at],
        _("Kept for two years."),
    )


def logins(purchase: Purchase) -> List:
    events = AuditEvent.objects.filter(user=purchase.user_id, kind__in=LOGINS, at__gte=purchase.recorded_at).order_by("at", "pk")
    return listed(
        _("Log-ins to the customer's account since the order"),
        [_("When"), _("What"), _("IP address")],
        events,
        lambda one: [one.at, one.get_kind_display(), one.ip],
        _("Kept for two years; IP addresses in full for one."),
    )


def sessions(purchase: Purchase) -> List:
    return listed(
        _("Login sessions, with their browsers"),
        [_("Began"), _("Last seen"), _("Ended"), _("IP address"), _("Browser"), _("As the browser names itself")],
        LoginSession.objects.filter(user=purchase.user_id, area="resources", started_at__gte=purchase.recorded_at).order_by(
            "started_at", "pk"
        ),
        lambda one: [one.started_at, one.last_seen_at, one.ended_at, one.ip, one.device, one.browser],
        _("Kept for a year."),
    )


def holds(purchase: Purchase) -> List:
    return listed(
        _("Holds of the account"),
        [_("Placed"), _("What the customer was told"), _("Ended"), _("How"), _("Account closed")],
        Hold.objects.filter(user=purchase.user_id).order_by("placed_at", "pk"),
        lambda one: [one.placed_at, one.text, one.ended_at, one.get_end_display(), one.closed_at],
    )
