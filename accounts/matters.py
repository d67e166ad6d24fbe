"""Signs of misuse of a matter: what the floors above found in tables of their own (accounts/detectors/watches.py). They lead to no hold."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from django.db import transaction
from django.db.models import Max
from django.urls import NoReverseMatch, reverse

from accounts.detectors import Sign
from accounts.detectors.scores import REVIEW_AT
from accounts.detectors.watches import Watch
from accounts.findings import add, decide
from accounts.models import MisuseFinding, User
from accounts.models.finding import FindingState
from audit.kinds import Kind
from audit.log import record


class Matter(NamedTuple):
    """Label of the model and number of the row, such as "promotions.codebatch:7", and what staff call it."""

    key: str
    name: str


def report(watch: Watch, matter: Matter, sign: Sign) -> bool:
    """Keep what was found: a new finding, or newer evidence of the open one. False, and it is forgotten, if staff have decided it since it began.

    Two who report the same at once make one finding: the second waits for the first, and adds to it.
    """
    with transaction.atomic():
        earlier = list(MisuseFinding.objects.select_for_update(of=("self",)).filter(detector=watch.slug, matter=matter.key).order_by("pk"))
        if any(one.decided_at and sign.first_at <= one.decided_at for one in earlier):
            return False
        found = {"matter_name": matter.name[:100], **sign._asdict()}
        finding, new = MisuseFinding.objects.get_or_create(
            detector=watch.slug, matter=matter.key, user=None, state=FindingState.OPEN, defaults=found
        )
        if new:
            record(Kind.MISUSE_FOUND, finding=finding.pk, detector=watch.slug, score=sign.score)
        else:
            renew(finding, sign)
    return True


def renew(finding: MisuseFinding, sign: Sign) -> None:
    locked = MisuseFinding.objects.select_for_update(of=("self",)).get(pk=finding.pk)
    add(sign, locked, afresh=False)
    locked.save(update_fields=["score", "explanation", "evidence", "first_at", "last_at"])


def decided_at(watch: Watch) -> dict[str, datetime]:
    """When findings of this watch were last decided, by the key of their matter: only what happens afterwards counts again."""
    decided = MisuseFinding.objects.filter(detector=watch.slug).exclude(matter="").exclude(decided_at=None).order_by()
    return dict(decided.values_list("matter").annotate(Max("decided_at")))


def settle(matters: Iterable[str], *, by: User, reason: str) -> int:
    """Staff have acted on these matters: their open findings are decided with it; returns how many. What was done is recorded by who did it."""
    return decide(MisuseFinding.objects.filter(matter__in=list(matters), state=FindingState.OPEN), FindingState.ACTED, reason=reason, by=by)


def is_in_the_queue(network: str) -> bool:
    """Whether staff have something to look at of this network."""
    found = MisuseFinding.objects.filter(user=None, network=network, matter="", state=FindingState.OPEN)
    return sum(found.values_list("score", flat=True)) >= REVIEW_AT


def address_of(finding: MisuseFinding) -> str:
    """Where staff look at the matter: the address MODEL of the namespace APP_live; "" if there is none."""
    label, _colon, number = finding.matter.partition(":")
    try:
        app, _dot, model = label.partition(".")
        return reverse(f"{app}_live:{model}", args=[number]) if number else ""
    except NoReverseMatch:
        return ""
