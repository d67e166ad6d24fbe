"""Opening a customer's record: a reason first, for an hour, and the customer sees when, in which role and what for (promise C15)."""

from django.core import signing
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_noop

from accounts.models import RecordOpening, User
from accounts.requests import AccountsRequest
from accounts.roles import MONITOR, in_role
from audit.kinds import Kind
from audit.log import record

MONITORING = gettext_noop("monitoring and administration of the site")
FOUND = "accounts.found"  # salt of the addresses of reason pages


class NotFound(Exception):
    """This member of staff has not found this customer, or not within the last hour."""


def open_record(request: AccountsRequest, customer: User, reason: str) -> bool:
    """Open the record to the request's member of staff for an hour. False if it is open for this very reason already."""
    return opened(request, customer, reason, even_if=~Q(reason=reason))


def open_unasked(request: AccountsRequest, customer: User) -> bool:
    """Note that administration looks at the record; False if it is open to them already, for whatever reason."""
    return opened(request, customer, str(MONITORING), even_if=Q())


@transaction.atomic
def opened(request: AccountsRequest, customer: User, reason: str, even_if: Q) -> bool:
    """Make the opening and its audit event, if none is in force or `even_if` holds: the database decides in one UPDATE, so of two at once one opens."""
    now, staff = timezone.now(), request.user
    closed = RecordOpening(staff=staff, customer=customer, reason=reason, opened_at=now, open_until=now)
    RecordOpening.objects.bulk_create([closed], ignore_conflicts=True)
    due = RecordOpening.objects.filter(Q(open_until__lte=now) | even_if, staff=staff, customer=customer)
    if not due.update(reason=reason, opened_at=now, open_until=now + RecordOpening.LIFE):
        return False
    record(Kind.RECORD_OPENED, user=customer, actor=staff, request=request, **in_role(staff), reason=reason)
    return True


def close_record(staff: User, customer_id: int) -> bool:
    """Shut the record for this member of staff at once; False if it was not open."""
    return bool(RecordOpening.objects.filter(staff=staff, customer=customer_id).close())


def openings_of(staff: User) -> list[RecordOpening]:
    """What is open to a member of staff now, the latest first, with the customers; a customer who became staff meanwhile is none any more."""
    in_force = RecordOpening.objects.in_force(timezone.now()).filter(staff=staff, customer__in=customers_for(staff))
    return list(in_force.select_related("customer"))


def key_to(staff: User, customer: User) -> str:
    """What the address of the reason page carries: that this member of staff found this customer. So nobody tries one number after another."""
    return signing.dumps([staff.pk, customer.pk], salt=FOUND)


def customer_of(staff: User, key: str) -> User:
    """The customer that this member of staff has found. Raises NotFound; accounts of staff are none of support's customers."""
    try:
        finder, pk = signing.loads(key, salt=FOUND, max_age=RecordOpening.LIFE)
    except signing.BadSignature as error:
        raise NotFound from error
    customer = customers_for(staff).filter(pk=pk).first()
    if finder != staff.pk or customer is None:
        raise NotFound
    return customer


def customers_for(staff: User) -> QuerySet[User]:
    """The accounts whose record this member of staff may open at all: support those of customers, and never those of staff."""
    return User.objects.all() if staff.has_perm(MONITOR) else User.objects.filter(is_staff=False)
