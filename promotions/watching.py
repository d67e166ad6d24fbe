"""Looking for misuse of promotions in their own tables and in the audit log; what is found is reported down (accounts/matters.py).

Each detector asks the database for sums, so the cost follows what happened in its window, and not how large the promotions are. What staff have
decided is left out: only what happened afterwards counts.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from statistics import median
from typing import Any

from django.db.models import Count, Max, Min, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import matters
from accounts.detectors import Sign, Watch
from accounts.detectors.base import reached
from accounts.detectors.words import hours_in_words
from accounts.matters import Matter
from audit.kinds import Kind
from audit.models import AuditEvent
from infacta.network import region_of
from promotions.detectors import BATCH_LEAK, DISPOSABLE_ADDRESSES, GUESSED_AT, MANY_OF_ONE_PERSON
from promotions.models import CodeBatch, Promotion, Redemption
from promotions.people import PERSON, PERSON_LENGTH

PROMOTION, BATCH = "promotions.promotion", "promotions.codebatch"
MOST_REDEMPTIONS = 200_000  # of the last day: the latest of more than that
Found = tuple[Watch, Matter, Sign]


def watch() -> int:
    """Look once, and report what there is; returns how many signs are new or have newer evidence. It may run twice at a time."""
    now = timezone.now()
    found = [*guessed_at(now), *leaking(now), *many_of_one_person(now), *disposable(now)]
    return sum(matters.report(*one) for one in found)


def matter_of(promotion: Promotion) -> Matter:
    return Matter(f"{PROMOTION}:{promotion.pk}", str(promotion))


def matter_of_batch(batch: CodeBatch) -> Matter:
    return Matter(f"{BATCH}:{batch.pk}", f"{batch.promotion}: {batch}")


def matter_of_person(person: str) -> Matter:
    return Matter(f"{PERSON}:{person}", _("person %(person)s") % {"person": person[:8]})


def after(decided: Mapping[str, datetime], column: str, at: str, values: Mapping[str, Any], since: datetime) -> Q:
    """Leaves out of each matter what happened until staff decided it; `values` are what `column` holds of each matter, by its key."""
    gone = Q()
    for key, moment in decided.items():
        if moment >= since and key in values:
            gone |= Q(**{column: values[key], f"{at}__lte": moment})
    return ~gone if gone else Q()


def guessed_at(now: datetime) -> Iterator[Found]:
    """Codes tried in vain at a promotion, from everywhere."""
    detector, since = GUESSED_AT, now - GUESSED_AT.window
    decided = matters.decided_at(detector)
    numbers = [int(key.partition(":")[2]) for key in decided]
    slugs = {f"{PROMOTION}:{pk}": slug for pk, slug in Promotion.objects.filter(pk__in=numbers).values_list("pk", "slug")}
    tried = AuditEvent.objects.filter(after(decided, "detail__promotion", "at", slugs, since), kind=Kind.PROMO_CODE_REFUSED, at__gte=since)
    rows: Any = tried.order_by().values("detail__promotion").annotate(tries=Count("pk"), addresses=Count("ip", distinct=True), **ends("at"))
    loud = {row["detail__promotion"]: row for row in rows.filter(tries__gte=detector.least, addresses__gte=detector.least_addresses)}
    for promotion in Promotion.objects.filter(slug__in=loud):
        row = loud[promotion.slug]
        said = _("Within %(hours)s %(tries)d codes were tried in vain at this promotion, from %(addresses)d addresses.") % {
            "hours": hours_in_words(detector.window),
            "tries": row["tries"],
            "addresses": row["addresses"],
        }
        evidence = {"tries_in_vain": row["tries"], "guessing_addresses": row["addresses"]}
        yield detector, matter_of(promotion), Sign(reached(detector.steps, row["tries"]), said, evidence, row["first"], row["last"])


def ends(column: str) -> dict[str, Any]:
    """The first and the last moment of what is grouped."""
    return {"first": Min(column), "last": Max(column)}


@dataclass
class Spread:
    """How the codes of one batch were redeemed in the window: how many, and from which networks far apart."""

    registrations: int = 0
    regions: set[str] = field(default_factory=set)
    tried_again: int = 0
    moments: list[datetime] = field(default_factory=list)

    def add(self, ip: str | None, at: datetime) -> None:
        self.registrations += 1
        self.moments = [min([*self.moments[:1], at]), max([*self.moments[-1:], at])]
        if ip:
            self.regions.add(region_of(ip))


def leaking(now: datetime) -> Iterator[Found]:
    """Batches whose single-use codes are redeemed more widely than those of the promotion's other batches, or are tried after they were used."""
    since = now - BATCH_LEAK.window
    spreads = spreads_since(since)
    promotions = CodeBatch.objects.filter(pk__in=spreads).values("promotion")
    batches = CodeBatch.objects.filter(promotion__in=promotions, is_shared=False).select_related("promotion")
    of_promotion: dict[int, list[CodeBatch]] = defaultdict(list)
    for batch in batches:
        of_promotion[batch.promotion_id].append(batch)
    for siblings in of_promotion.values():
        for batch in siblings:
            if batch.pk in spreads and (sign := leak_of(batch, siblings, spreads)):
                yield BATCH_LEAK, matter_of_batch(batch), sign


def spreads_since(since: datetime) -> dict[int, Spread]:
    """By the number of the batch; two queries."""
    decided = matters.decided_at(BATCH_LEAK)
    numbers = {key: int(key.partition(":")[2]) for key in decided}
    spreads: dict[int, Spread] = defaultdict(Spread)
    kept = after(decided, "code__batch", "held_at", numbers, since)
    redeemed = Redemption.objects.had().filter(kept, held_at__gte=since, code__batch__is_shared=False).order_by("-held_at", "-pk")
    for number, ip, at in redeemed.values_list("code__batch", "ip", "held_at")[:MOST_REDEMPTIONS].iterator(chunk_size=5_000):
        spreads[number].add(ip, at)
    kept = after(decided, "detail__batch", "at", numbers, since)
    again = AuditEvent.objects.filter(kept, kind=Kind.REGISTRATION_REFUSED, at__gte=since, detail__reason="used").order_by()
    for number, times, first, last in again.values_list("detail__batch").annotate(Count("pk"), Min("at"), Max("at")):
        spreads[number].tried_again = times
        spreads[number].moments = [min([*spreads[number].moments, first]), max([*spreads[number].moments, last])]
    return dict(spreads)


def leak_of(batch: CodeBatch, siblings: list[CodeBatch], spreads: Mapping[int, Spread]) -> Sign | None:
    """Alone in its promotion a batch is compared with nothing: then its spread counts only beside used codes that are tried again."""
    detector, seen = BATCH_LEAK, spreads[batch.pk]
    others = [width_of(other, spreads) for other in siblings if other != batch]
    usual, width = median(others) if others else 0, width_of(batch, spreads)
    again = reached(detector.used_codes_tried, seen.tried_again)
    is_wider = bool(others) and width >= detector.times_as_wide * usual
    score = again + (reached(detector.networks, len(seen.regions)) if is_wider or again else 0)
    if not score or seen.registrations + seen.tried_again < detector.least:
        return None
    said = _(
        "Within %(hours)s %(registrations)d codes of this batch were redeemed from %(networks)d networks far apart, and used ones were tried "
        "%(again)d times."
    ) % {
        "hours": hours_in_words(detector.window),
        "registrations": seen.registrations,
        "networks": len(seen.regions),
        "again": seen.tried_again,
    }
    evidence = {
        "batch_registrations": seen.registrations,
        "batch_networks": len(seen.regions),
        "times_as_wide": round(width / usual, 1) if usual else "–",
        "used_codes_tried": seen.tried_again,
    }
    return Sign(score, said, evidence, seen.moments[0], seen.moments[-1])


def width_of(batch: CodeBatch, spreads: Mapping[int, Spread]) -> float:
    """Networks far apart for each code of the batch."""
    return len(spreads[batch.pk].regions) / max(1, batch.size) if batch.pk in spreads else 0.0


def many_of_one_person(now: datetime) -> Iterator[Found]:
    """Variants of one address that registered, or were refused because they were one person."""
    detector, since = MANY_OF_ONE_PERSON, now - MANY_OF_ONE_PERSON.window
    for person, row in people_since(since).items():
        score = reached(detector.variants, row.get("variants", 0)) + reached(detector.refused, row.get("refused", 0))
        said = _(
            "Within %(hours)s %(variants)d variants of one address registered %(registrations)d times, and %(refused)d times in vain."
        ) % {
            "hours": hours_in_words(detector.window),
            "variants": row.get("variants", 0),
            "registrations": row.get("registrations", 0),
            "refused": row.get("refused", 0),
        }
        evidence = {
            "address_variants": row.get("variants", 0),
            "person_registrations": row.get("registrations", 0),
            "person_promotions": row.get("promotions", 0),
            "person_refused": row.get("refused", 0),
        }
        yield detector, matter_of_person(person), Sign(score, said, evidence, row["first"], row["last"])


def people_since(since: datetime) -> dict[str, dict[str, Any]]:
    """Those who are loud enough, by what tells one person from another, where that is known still; two queries."""
    people: dict[str, dict[str, Any]] = {}
    decided = matters.decided_at(MANY_OF_ONE_PERSON)
    whose = {key: key.partition(":")[2] for key in decided}
    kept = after(decided, "abuse_key__startswith", "held_at", whose, since)
    counts = {"variants": Count("email_key", distinct=True), "registrations": Count("pk"), "promotions": Count("promotion", distinct=True)}
    registered: QuerySet[Any, Any] = (
        Redemption.objects.had().filter(kept, held_at__gte=since).exclude(abuse_key="").order_by().values("abuse_key")
    )
    least = MANY_OF_ONE_PERSON.variants[0][0]
    # Few registered so often, and an index alone tells who; variants are counted of them alone.
    often: QuerySet[Any, Any] = Redemption.objects.filter(held_at__gte=since).order_by().values("abuse_key")
    several = often.annotate(times=Count("*")).filter(times__gte=least).values("abuse_key")
    for row in registered.filter(abuse_key__in=several).annotate(**counts, **ends("held_at")).filter(variants__gte=least):
        people[row["abuse_key"][:PERSON_LENGTH]] = row
    kept = after(decided, "detail__person", "at", whose, since)
    refused = AuditEvent.objects.filter(kept, kind=Kind.REGISTRATION_REFUSED, at__gte=since, detail__reason="person").order_by()
    tried: Any = refused.values("detail__person").annotate(refused=Count("pk"), **ends("at"))
    for row in tried.filter(refused__gte=MANY_OF_ONE_PERSON.refused[0][0]):
        known = people.get(row["detail__person"], {})
        moments = {"first": min(row["first"], known.get("first", row["first"])), "last": max(row["last"], known.get("last", row["last"]))}
        people[row["detail__person"]] = known | {"refused": row["refused"]} | moments
    return people


def disposable(now: datetime) -> Iterator[Found]:
    """Promotions for which disposable addresses register."""
    detector, since = DISPOSABLE_ADDRESSES, now - DISPOSABLE_ADDRESSES.window
    decided = matters.decided_at(detector)
    kept = after(decided, "promotion", "held_at", {key: int(key.partition(":")[2]) for key in decided}, since)
    marked = Count("pk", filter=Q(is_disposable=True))
    moments = {"first": Min("held_at", filter=Q(is_disposable=True)), "last": Max("held_at", filter=Q(is_disposable=True))}
    rows: Any = Redemption.objects.had().filter(kept, held_at__gte=since).order_by().values("promotion")
    loud = {row["promotion"]: row for row in rows.annotate(marked=marked, all=Count("pk"), **moments).filter(marked__gte=detector.least)}
    for promotion in Promotion.objects.filter(pk__in=loud):
        row = loud[promotion.pk]
        said = _("Within %(hours)s %(marked)d of %(all)d registrations for this promotion were made with disposable addresses.") % {
            "hours": hours_in_words(detector.window),
            "marked": row["marked"],
            "all": row["all"],
        }
        evidence = {"disposable_registrations": row["marked"], "of_registrations": row["all"]}
        yield detector, matter_of(promotion), Sign(reached(detector.steps, row["marked"]), said, evidence, row["first"], row["last"])
