"""What becomes of an account when the person behind it asks to be forgotten (docs/decisions/erasure.md).

The row stays as a tombstone, for facts of the audit log and orders that the law keeps point to it. Nothing of the person is in it: nobody logs in
with it, nobody finds it by a name, and its address belongs to a domain that no mail reaches (RFC 6761, 6.4).
"""

from secrets import token_hex
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.auth.hashers import make_password
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.contact import CONTACT_FIELDS
from accounts.models import LoginSession, Suppression, User
from accounts.models.login_session import EndReason
from accounts.models.suppression import WISHES, SuppressionReason
from accounts.personal_data.found import digests_of
from infacta.whole_addresses import stands_in
from privacy.erasing import Eraser, NotYet
from privacy.subjects import DataSubject

NOBODYS = "erased.invalid"
BLANK: dict[str, Any] = dict.fromkeys(CONTACT_FIELDS, "") | {
    "greeting": "",
    "greets": False,
    "language": "",
    "time_zone": "",
    "last_login": None,
}
NAMELESS = "erased"


@transaction.atomic
def close(person: DataSubject) -> None:
    """End every log-in, and leave the tombstone. NotYet for a member of staff, whose rights administration takes away first."""
    if person.account is None:
        return
    User.objects.touch(person.account)
    user = User.objects.filter(pk=person.account).first()
    if user is None:
        return
    if user.is_staff or user.is_superuser:
        raise NotYet("it is the account of a member of staff")
    LoginSession.objects.filter(user=user).end(EndReason.ERASED)
    if not (user.erased_at and user.email.endswith(f"@{NOBODYS}")):
        user.erased_at = user.opened_at = timezone.now()
        user.email = f"{NAMELESS}-{token_hex(12)}@{NOBODYS}"
        user.opted_out_at, user.password = user.erased_at, make_password(None)
    for name, value in BLANK.items():
        setattr(user, name, value)
    user.save()


def standing(person: DataSubject) -> int:
    """Accounts that are not a tombstone yet: that of the person, and none that one of their addresses opened afterwards."""
    return User.objects.filter(pk=person.account or 0).exclude(erased_at__isnull=False, email__endswith=f"@{NOBODYS}", **BLANK).count()


empty = Eraser(close, standing)


@transaction.atomic
def refuse_for_good(person: DataSubject) -> None:
    """A digest of each address says that nobody writes there again; what mail servers said of it goes."""
    for digest in sorted(digests_of(person)):
        if not Suppression.objects.filter(digest=digest).wishes().exists():
            Suppression.objects.suppress(digest, SuppressionReason.REFUSED)
    Suppression.objects.filter(digest__in=digests_of(person)).exclude(detail="").update(detail="")


def not_refused(person: DataSubject) -> int:
    """Addresses to which somebody might write, and rows that say more than that nobody does."""
    digests = digests_of(person)
    refused = Suppression.objects.filter(digest__in=digests)
    said = refused.exclude(detail="").count()
    return said + len(digests - set(refused.filter(reason__in=WISHES).values_list("digest", flat=True)))


suppress = Eraser(refuse_for_good, not_refused)


def entries_about(person: DataSubject) -> QuerySet[LogEntry]:
    """What staff changed of the account, and whatever entry's title names one of the addresses."""
    named = Q(pk__in=[pk for address in person.addresses for pk in entries_naming(address)])
    if person.account is not None:
        account = ContentType.objects.get_for_model(User)
        named |= Q(content_type=account, object_id=str(person.account)) & ~Q(object_repr=NAMELESS)
    return LogEntry.objects.filter(named)


def entries_naming(address: str) -> list[int]:
    likely = LogEntry.objects.filter(object_repr__icontains=address).values_list("pk", "object_repr")
    return [pk for pk, title in likely if stands_in(title, address)]


@transaction.atomic
def make_nameless(person: DataSubject) -> None:
    entries_about(person).update(object_repr=NAMELESS)


blank_log_entries = Eraser(make_nameless, lambda person: entries_about(person).count())
