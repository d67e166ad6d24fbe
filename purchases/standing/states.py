"""How each partner stands: open or not and why, when it last told us something, what waits, and which secrets count."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Count, Max, Q
from django.urls import reverse

from infacta.sealed_text import CannotOpen, opened
from purchases.models import EventState, PartnerSecret, Silence, WebhookEvent
from purchases.models.webhook_event import OPEN
from purchases.partners.base import Partner
from purchases.partners.registry import PARTNERS
from purchases.standing.capabilities import row_of


@dataclass(frozen=True)
class Standing:
    """What staff see of one partner. `lost` are secrets that this site's SECRET_KEY does not open any more."""

    partner: Partner
    is_open: bool
    problems: list[str]
    address: str
    last_at: datetime | None
    waiting: int
    failed: int
    secrets: list[PartnerSecret]
    lost: list[PartnerSecret]
    in_environment: int
    silence: Silence | None
    capabilities: list[str]


def standings() -> list[Standing]:
    """Every partner of the registry. Three queries, however many there are."""
    kept: dict[str, list[PartnerSecret]] = defaultdict(list)
    for secret in PartnerSecret.objects.all():
        kept[secret.partner].append(secret)
    silences = {silence.partner: silence for silence in Silence.objects.lasting()}
    numbers = {row["partner"]: row for row in counts()}
    return [standing_of(partner, kept[slug], numbers.get(slug, {}), silences.get(slug)) for slug, partner in PARTNERS.items()]


def counts() -> list[Any]:
    waiting, failed = Q(state__in=OPEN), Q(state=EventState.FAILED)
    numbers = {"last_at": Max("received_at"), "waiting": Count("pk", filter=waiting), "failed": Count("pk", filter=failed)}
    return list(WebhookEvent.objects.order_by().values("partner").annotate(**numbers))


def standing_of(partner: Partner, kept: list[PartnerSecret], numbers: dict[str, Any], silence: Silence | None) -> Standing:
    good = {row.pk: text for row in kept if (text := text_of(row)) is not None}
    in_environment = list(partner.settings.get("secrets", []))
    secrets = [*in_environment, *good.values()]
    problems = partner.problems(secrets) if partner.is_wanted(secrets) else []
    return Standing(
        partner=partner,
        is_open=partner.is_wanted(secrets) and not problems,
        problems=problems,
        address=address_of(partner),
        last_at=numbers.get("last_at"),
        waiting=numbers.get("waiting", 0),
        failed=numbers.get("failed", 0),
        secrets=[row for row in kept if row.pk in good],
        lost=[row for row in kept if row.pk not in good],
        in_environment=len(in_environment),
        silence=silence,
        capabilities=row_of(partner),
    )


def text_of(row: PartnerSecret) -> str | None:
    """The secret, to judge the configuration by; None if nobody can open it any more. It leaves this module in no form."""
    try:
        return opened(row.sealed)
    except CannotOpen:
        return None


def address_of(partner: Partner) -> str:
    """Where the partner notifies us; a secret in the address is only hinted at."""
    return settings.SITE_URL + reverse("purchases:notify", args=[partner.slug]) + ("…/" if partner.has_secret_address else "")
