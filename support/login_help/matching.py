"""Whose account it may be: what somebody told, compared with what is on file, by score and in words. Nothing of it is stored, and nothing of what is
on file is shown: only whether it agrees."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from enum import Enum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.customer_search import by_name_and_postal_code
from accounts.models import User
from promotions.models import Promotion, Redemption, RedemptionState
from purchases.models import Purchase, PurchaseReference
from purchases.models.purchase import Role
from purchases.partners.registry import PARTNERS
from support.digests import order_key
from support.login_help.comparing import address_keys, postal_key, spellings, words_in

MOST = 5
MOST_FOUND, MOST_PURCHASES = 20, 200


class Agreement(Enum):
    AGREES = _("agrees")
    IN_PART = _("agrees in part")
    DIFFERS = _("differs")
    NOT_GIVEN = _("not given")
    NOT_ON_FILE = _("not on file")

    @property
    def words(self) -> Promise:
        return self.value


WEIGHTS = {"order": 40, "address": 25, "postal": 20, "name": 15}
LABELS = {"order": _("order number"), "address": _("e-mail address"), "postal": _("postal code"), "name": _("name")}
HIGHEST = sum(WEIGHTS.values())


@dataclass
class OnFile:
    """What is on file of one account, in the forms that are compared."""

    has_orders: bool = False
    names: set[frozenset[str]] = field(default_factory=set)
    postal: set[str] = field(default_factory=set)
    addresses: set[str] = field(default_factory=set)

    def add(self, name: str, postal_code: str, address: str) -> None:
        self.names |= {words_in(name)} - {frozenset()}
        self.postal |= {postal_key(postal_code)} - {""}
        self.addresses |= address_keys([address])


@dataclass(frozen=True)
class Told:
    """What somebody told, in the same forms."""

    order: str
    name: frozenset[str]
    postal: str
    addresses: set[str]

    @classmethod
    def by(cls, proof: dict[str, str], email: str) -> "Told":
        addresses = address_keys([proof["purchase_email"], email])
        return cls(order_key(proof["order_reference"]), words_in(proof["name"]), postal_key(proof["postal_code"]), addresses)


@dataclass(frozen=True)
class Line:
    label: Promise
    agreement: Agreement

    @property
    def css(self) -> str:
        return self.agreement.name.lower().replace("_", "-")


@dataclass(frozen=True)
class Candidate:
    """`score` is of 100; `lines` are its reasons, the heaviest first."""

    user: User
    score: int
    lines: tuple[Line, ...]


def candidates_for(proof: dict[str, str], email: str) -> list[Candidate]:
    """At most five customers, the likeliest first; those with whom nothing agrees are none. `email` is where whoever asks can be reached.

    Eight queries at most, whatever was told and however much is on file.
    """
    told = Told.by(proof, email)
    owners = set(owners_of(proof["order_reference"])) if told.order else set()
    users = {user.pk: user for user in found(owners, told.addresses, proof)}
    on_file = facts_of(users.values())
    compared = [compare(told, user, on_file[user.pk], user.pk in owners) for user in users.values()]
    return sorted((one for one in compared if one.score), key=lambda one: (-one.score, one.user.pk))[:MOST]


def owners_of(typed: str) -> Iterable[int]:
    """The accounts that this order belongs to. The partners are named, so that the unique keys find it."""
    forms = spellings(typed)
    orders = Purchase.objects.filter(partner__in=PARTNERS, order_reference__in=forms)
    also = PurchaseReference.objects.filter(partner__in=PARTNERS, reference__in=forms, role=Role.ORDER)
    yield from orders.values_list("user", flat=True)[:MOST_FOUND]
    yield from also.values_list("purchase__user", flat=True)[:MOST_FOUND]


def found(owners: Collection[int], addresses: Collection[str], proof: dict[str, str]) -> Iterable[User]:
    """Customers, and no staff: by the order, by an address, by name and postal code together."""
    registered = Redemption.objects.filter(
        promotion__in=Promotion.objects.values("pk"), email_key__in=addresses, state=RedemptionState.CONFIRMED
    )
    ours = User.objects.filter(is_staff=False, erased_at=None)
    numbers = {*owners, *registered.values_list("user", flat=True)[:MOST_FOUND]}
    yield from ours.filter(pk__in=numbers)[:MOST_FOUND]
    yield from ours.filter(email_key__in=addresses)[:MOST_FOUND]
    if proof["name"] and proof["postal_code"]:
        yield from by_name_and_postal_code(proof["name"], proof["postal_code"]).filter(is_staff=False, erased_at=None)[:MOST_FOUND]


def facts_of(users: Iterable[User]) -> dict[int, OnFile]:
    """What is on file of these accounts: their contact data, their purchases and their registrations, the latest first."""
    facts: dict[int, OnFile] = defaultdict(OnFile)
    for user in users:
        facts[user.pk].add(user.name, user.postal_code, user.email)
    bought = Purchase.objects.filter(user__in=facts).values_list("user", "name", "postal_code", "email")
    for number, *told in bought[:MOST_PURCHASES]:
        facts[number].add(*told)
        facts[number].has_orders = True
    registered = Redemption.objects.filter(user__in=facts).values_list("user", "name", "postal_code", "email")
    for number, *told in registered[:MOST_PURCHASES]:
        facts[number].add(*told)
    return facts


def compare(told: Told, user: User, on_file: OnFile, is_owner: bool) -> Candidate:
    agreements = {
        "order": of_order(told.order, is_owner, on_file.has_orders),
        "address": one_of(told.addresses, on_file.addresses),
        "postal": one_of({told.postal} - {""}, on_file.postal),
        "name": of_name(told.name, on_file.names),
    }
    share = {Agreement.AGREES: 1.0, Agreement.IN_PART: 0.5}
    score = sum(int(WEIGHTS[what] * share.get(agreement, 0)) for what, agreement in agreements.items())
    return Candidate(user, score, tuple(Line(LABELS[what], agreement) for what, agreement in agreements.items()))


def of_order(told: str, is_owner: bool, has_orders: bool) -> Agreement:
    if not told:
        return Agreement.NOT_GIVEN
    if is_owner:
        return Agreement.AGREES
    return Agreement.DIFFERS if has_orders else Agreement.NOT_ON_FILE


def one_of(told: set[str], on_file: set[str]) -> Agreement:
    if not told:
        return Agreement.NOT_GIVEN
    if not on_file:
        return Agreement.NOT_ON_FILE
    return Agreement.AGREES if told & on_file else Agreement.DIFFERS


def of_name(told: frozenset[str], on_file: set[frozenset[str]]) -> Agreement:
    """In part: a word of it at least, such as the family name."""
    if not told:
        return Agreement.NOT_GIVEN
    if not on_file:
        return Agreement.NOT_ON_FILE
    if told in on_file:
        return Agreement.AGREES
    return Agreement.IN_PART if any(told & name for name in on_file) else Agreement.DIFFERS
