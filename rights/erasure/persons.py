"""Whom an erasure is about: the account, and every address that the person has shown to be theirs."""

from django.db.models import Q

from accounts.addresses import address_key
from accounts.models import AddressChange, User
from announcements.models import Mailbox
from privacy.subjects import DataSubject
from rights.models import SubjectRequest


def person_of(request: SubjectRequest) -> DataSubject:
    """The account's own address; those that it had before and changed, both of which were confirmed; those at which it got announcements; and the
    one that was proved for this request. Not those that somebody else may have now.
    """
    user = request.user
    if user is None:
        return DataSubject(None, distinct([request.email] if request.email else []))
    return DataSubject(user.pk, distinct([user.email, *earlier_addresses(user), request.email]))


def person_behind(user: User) -> DataSubject:
    """The same for the preview, before anything is asked for."""
    return DataSubject(user.pk, distinct([user.email, *earlier_addresses(user)]))


def earlier_addresses(user: User) -> list[str]:
    changed = AddressChange.objects.filter(user=user).exclude(done_at=None)
    had = [address for pair in changed.values_list("old_email", "new_email") for address in pair]
    had += Mailbox.objects.filter(user=user).exclude(email_key=None).values_list("email", flat=True)
    return [address for address in had if address and not belongs_to_another(address, user)]


def belongs_to_another(address: str, user: User) -> bool:
    return User.objects.filter(Q(email_key=address_key(address)) & ~Q(pk=user.pk)).exists()


def distinct(addresses: list[str]) -> tuple[str, ...]:
    """As typed and as compared, each once."""
    both = [form for address in addresses if address for form in (address.strip(), address_key(address))]
    return tuple(dict.fromkeys(both))
