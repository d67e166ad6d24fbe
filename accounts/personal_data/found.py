"""By what rows without a relation to the account are found: the address, and the digests that are made anew from it."""

from collections.abc import Callable, Iterable

from django.db.models import Q

from accounts.addresses import address_key, without_tag
from accounts.limits import OF_ACCOUNT, OF_ADDRESS, OF_MAILBOX
from accounts.models.suppression import digest_of
from accounts.models.throttle import key_of
from privacy.subjects import DataSubject

matters_about: list[Callable[[DataSubject], Iterable[str]]] = []
"""The floors above say here which matters of theirs are about a person (accounts/matters.py): the keys of those."""


def keys_of(person: DataSubject) -> set[str]:
    """The person's addresses, in the form in which they are compared."""
    return {address_key(address) for address in person.addresses}


def digests_of(person: DataSubject) -> set[str]:
    """What stands for them where nobody is written to again."""
    return {digest_of(address) for address in person.addresses}


def throttles(person: DataSubject) -> Q:
    tries = [(limit, key) for limit in OF_ADDRESS for key in keys_of(person)]
    tries += [(limit, without_tag(key)) for limit in OF_MAILBOX for key in keys_of(person)]
    tries += [(limit, str(person.account)) for limit in OF_ACCOUNT if person.account is not None]
    return Q(key__in=[key_of(limit, subject) for limit, subject in tries])


def suppressions(person: DataSubject) -> Q:
    return Q(digest__in=digests_of(person))


def findings(person: DataSubject) -> Q:
    return Q(user=None, matter__in=[key for keys in matters_about for key in keys(person)])
