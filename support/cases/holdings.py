"""What we hold about a case: read from the very rows that destruction goes through, so that nothing is left out."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from audit.kinds import Kind as Fact
from audit.models import AuditEvent
from mailroom.models import OutgoingMail
from support.cases.mails import cause_of
from support.models import Author, Case, CaseFile, CaseHold, CaseMessage

FACTS = [kind for kind in Fact if kind.value.startswith("case.")]
BEFORE_THE_ROW = timedelta(minutes=1)  # a fact is written in the transaction of what it tells, a moment before or after


@dataclass(frozen=True)
class Holdings:
    """All of it, in rows that are read a page at a time; `notes` is how many staff wrote for each other."""

    messages: "QuerySet[CaseMessage]"
    files: "QuerySet[CaseFile]"
    mails: "QuerySet[OutgoingMail]"
    facts: "QuerySet[AuditEvent]"
    holds: list[CaseHold]
    notes: int
    backups_clear_at: datetime | None


def holdings_of(case: Case) -> Holdings:
    """Two queries, and one for each page of rows that is read later."""
    return Holdings(
        messages=case.messages.for_the_customer().order_by("written_at", "pk"),
        files=case.files.select_related("message").order_by("added_at", "pk"),
        mails=mails_about(case),
        facts=facts_about(case),
        holds=list(case.holds.order_by("placed_at", "pk")),
        notes=case.messages.filter(author=Author.NOTE).count(),
        backups_clear_at=case.destroy_at and case.destroy_at + timedelta(days=settings.SUPPORT_BACKUP_DAYS),
    )


def hold_in_force(case: Case) -> CaseHold | None:
    return case.holds.in_force(timezone.now()).first()


def mails_about(case: Case) -> "QuerySet[OutgoingMail]":
    """Those to whoever asked. One to another address, such as the way in to an account, is not told to whoever may not be its owner."""
    return OutgoingMail.objects.filter(cause__startswith=cause_of(case), to=case.details.email).order_by("written_at", "pk")


def facts_about(case: Case) -> "QuerySet[AuditEvent]":
    """By kind and time, which the audit log has an index for."""
    since = case.opened_at - BEFORE_THE_ROW
    return AuditEvent.objects.filter(kind__in=FACTS, at__gte=since, detail__case=case.reference).order_by("at", "pk")
