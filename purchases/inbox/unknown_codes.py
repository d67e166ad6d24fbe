"""Product codes that nobody knows, and how many orders wait for each (rule 5); saying what one means, and granting what waited."""

from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Count, Min
from django.http import HttpRequest

from audit.kinds import Kind
from audit.log import record
from downloads.models import Edition, Product
from purchases.inbox.decisions import replay_waiting
from purchases.models import EventState, ProductCode, WebhookEvent


@dataclass(frozen=True)
class UnknownCode:
    """A code of a partner, how many orders wait for it, and since when the first of them does."""

    partner: str
    code: str
    waiting: int
    since: datetime


def unknown_codes(begin: int, end: int) -> list[UnknownCode]:
    """A stretch of the list, the code that most orders wait for first. One query."""
    waiting = WebhookEvent.objects.filter(state=EventState.WAITING).exclude(unknown_code="").order_by()
    grouped = waiting.values("partner", "unknown_code").annotate(waiting=Count("pk"), since=Min("received_at"))
    rows = grouped.order_by("-waiting", "since", "partner", "unknown_code")[begin:end]
    return [UnknownCode(row["partner"], row["unknown_code"], row["waiting"], row["since"]) for row in rows]


@dataclass(frozen=True)
class Explained:
    """What came of saying what a code means: how many orders are worked on again; and whether a colleague had said it before, and it is theirs that counts."""

    replayed: int
    was_known: bool


@transaction.atomic
def explain(
    request: HttpRequest, partner: str, code: str, product: Product, edition: Edition | None = None, is_upgrade: bool = False
) -> Explained:
    """Say what a partner's code means, and put all that wait for it in front of the workers. Of two who say it at once the first one counts."""
    mapping = ProductCode(partner=partner, code=code, product=product, edition=edition, is_upgrade=is_upgrade)
    try:
        with transaction.atomic():
            mapping.save(force_insert=True)
    except IntegrityError:
        return Explained(replay_waiting(partner, code), was_known=True)
    replayed = replay_waiting(partner, code)
    note(request, mapping, replayed)
    return Explained(replayed, was_known=False)


def note(request: HttpRequest, mapping: ProductCode, replayed: int) -> None:
    """Into the audit log: who said what a code means, and how many orders went on with that."""
    record(
        Kind.PRODUCT_CODE_EXPLAINED,
        request=request,
        actor=request.user,
        partner=mapping.partner,
        code=mapping.code,
        product=mapping.product.code,
        edition=mapping.edition.code if mapping.edition else "",
        upgrade=mapping.is_upgrade,
        replayed=replayed,
    )
