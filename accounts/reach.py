"""Whose rows a member of staff sees in this request: everybody's, or those of the records that are open to them (promise C15)."""

from collections.abc import Collection, Sequence

from django.db.models import Model
from django.utils.functional import cached_property

from accounts.models import RecordOpening, User
from accounts.openings import MONITORING, open_unasked, openings_of
from accounts.requests import AccountsRequest
from accounts.roles import MONITOR, role_of
from audit.kinds import Kind
from audit.log import record
from privacy.reach import Reach


class StaffReach(Reach):
    """Administration sees everybody's rows, and each person that it looks at is noted; support sees what it has opened."""

    def __init__(self, request: AccountsRequest) -> None:
        self.request = request
        self.shown: set[int] = set()

    @cached_property
    def everybody(self) -> bool:
        return self.request.user.has_perm(MONITOR)

    @cached_property
    def openings(self) -> list[RecordOpening]:
        """The openings of this member of staff that are in force: one query for a request, and none for one that needs none."""
        return openings_of(self.request.user)

    @cached_property
    def role(self) -> str:
        return role_of(self.request.user)

    @property
    def opened(self) -> Collection[int]:
        return {opening.customer_id for opening in self.openings}

    def looked_at(self, person: int) -> None:
        """Remember whom the page is about; if administration sees them without having stated a reason, that is recorded, once an hour."""
        self.shown.add(person)
        if not self.everybody or person == self.request.user.pk or person in self.opened:
            return
        if customer := User.objects.filter(pk=person).first():
            open_unasked(self.request, customer)
            del self.openings

    def changed(self, person: User, row: Model, fields: Sequence[str]) -> None:
        """The customer sees which kind of row was changed, which fields of it, in which role, and what for."""
        reasons = {opening.customer_id: opening.reason for opening in self.openings}
        record(
            Kind.RECORD_CHANGED,
            user=person,
            actor=self.request.user,
            request=self.request,
            role=self.role,
            model=row._meta.label,
            fields=list(fields),
            reason=reasons.get(person.pk, str(MONITORING)),
        )

    @property
    def is_freshly_confirmed(self) -> bool:
        session = self.request.login_session
        return bool(session and session.is_freshly_confirmed)

    def exported(self, model: type[Model], rows: int, filters: Sequence[str]) -> None:
        """Which list, how many rows, and by what it was narrowed; not to what, for that may be somebody's address."""
        facts = {"role": self.role, "model": model._meta.label, "count": rows, "filters": list(filters)}
        record(Kind.EXPORT_TAKEN, actor=self.request.user, request=self.request, **facts)

    @property
    def banner(self) -> list[RecordOpening]:
        """What staff are reminded of: support of all that is open to it, administration of whom the page is about."""
        if not self.everybody:
            return self.openings
        return [opening for opening in self.openings if opening.customer_id in self.shown] if self.shown else []
