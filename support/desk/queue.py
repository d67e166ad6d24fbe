"""The queue of the desk: numbers, states and times of cases, and nothing of what was told in them."""

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet, TextChoices
from django.utils.translation import gettext_lazy as _

from support.models import Case, Kind, Life, State
from support.models.case import digest_of

MOST_OF_AN_ADDRESS = 20
SHOWN = (
    *("pk", "reference", "kind", "channel", "state", "life", "is_priority", "opened_at", "waiting_since", "last_written_at", "destroy_at"),
    *("user_id", "product__name", "assigned_to__name", "assigned_to__email"),
)
"""All that the queue reads of a case: what was told is not even fetched."""


class Shown(TextChoices):
    WAITING = "waiting", _("wait for us")
    ANSWERED = "answered", _("answered")
    CLOSED = "closed", _("closed")
    DESTROYING = "destroying", _("being destroyed")


class Whose(TextChoices):
    ALL = "all", _("everybody's")
    NOBODYS = "nobodys", _("nobody's")
    MINE = "mine", _("mine")


@dataclass(frozen=True)
class Wish:
    """Which cases somebody wants to see; what cannot be understood is left out of the wish."""

    state: Shown = Shown.WAITING
    whose: Whose = Whose.ALL
    kind: str = ""
    product: int = 0

    def of(self, staff: Any) -> "QuerySet[Case]":
        """Priority first, and then who has waited longest; of what does not wait for us, the latest first."""
        cases = in_state(self.state)
        if self.whose is Whose.NOBODYS:
            cases = cases.filter(assigned_to=None)
        elif self.whose is Whose.MINE:
            cases = cases.filter(assigned_to=staff)
        if self.kind in Kind.values:
            cases = cases.filter(kind=self.kind)
        if self.product:
            cases = cases.filter(product=self.product)
        return as_listed(cases)


def in_state(state: Shown) -> "QuerySet[Case]":
    match state:
        case Shown.WAITING:
            return Case.objects.waiting()
        case Shown.ANSWERED:
            return Case.objects.live().filter(state=State.ANSWERED).order_by("-last_written_at", "-pk")
        case Shown.CLOSED:
            return Case.objects.live().filter(state=State.CLOSED).order_by("-destroy_at", "-pk")
    return Case.objects.filter(life__in=[Life.DESTROYING, Life.FAILED]).order_by("destroy_at", "pk")


def as_listed(cases: "QuerySet[Case]") -> "QuerySet[Case]":
    return cases.select_related("product", "assigned_to").only(*SHOWN)


def of_address(email: str) -> list[Case]:
    """The cases that somebody opened from this address, the latest first, and one more than are shown at most. What is destroyed is nobody's."""
    cases = Case.objects.filter(email_digest=digest_of(email)).exclude(life=Life.DESTROYED).order_by("-opened_at", "-pk")
    return list(as_listed(cases)[: MOST_OF_AN_ADDRESS + 1])
