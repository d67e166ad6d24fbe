"""How staff find a customer who writes or calls: by what the customer can tell, exactly as it is (promise C15).

Each room registers what it knows a customer by, in a module of this name, which is found at the start.
"""

from collections.abc import Callable
from dataclasses import dataclass

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.addresses import address_key, masked
from accounts.contact import as_compared
from accounts.models import User
from accounts.openings import key_to
from privacy.texts import Text

MOST = 5
"""More customers than this are not shown: whoever asks should know more exactly whom they mean."""


@dataclass(frozen=True)
class Search:
    """`by` stands in the audit log, `text` in the form; `find` gives the accounts that what was typed names."""

    by: str
    text: Text
    find: Callable[[str], QuerySet[User]]


@dataclass(frozen=True)
class Hit:
    """A customer as staff see them before the record opens: enough to recognise, and no more."""

    key: str
    address: str
    initial: str
    city: str

    @classmethod
    def of(cls, staff: User, user: User) -> "Hit":
        return cls(key_to(staff, user), masked(user.email), user.name[:1], user.city)


searches: list[Search] = []


def register(search: Search) -> Search:
    searches.append(search)
    return search


def by_address(typed: str) -> QuerySet[User]:
    return User.objects.filter(email_key=address_key(typed))


def by_name_and_postal_code(name: str, postal_code: str) -> QuerySet[User]:
    """The whole name, and the postal code however it is spaced; the index user_postal_code narrows it first."""
    spelt = User.objects.alias(spelt=as_compared("postal_code")).filter(spelt="".join(postal_code.split()).upper())
    return spelt.filter(name__iexact=" ".join(name.split()))


def found_by(typed: str) -> tuple[list[User], list[str]]:
    """The customers that what was typed names, one more than are shown at most; and by what they were found."""
    hits = [(search.by, user) for search in searches for user in customers(search.find(typed))]
    users = {user.pk: user for _by, user in hits}
    return list(users.values()), sorted({by for by, _user in hits})


def customers(users: QuerySet[User]) -> list[User]:
    """One more than are shown at most, no staff, and nobody who was erased."""
    return list(users.filter(is_staff=False, erased_at=None)[: MOST + 1])


register(Search("address", _("e-mail address"), by_address))
