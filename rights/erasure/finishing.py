"""The last step of an erasure: everything is looked for once more, and then it is done, in one transaction with the last mail."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.crypto import salted_hmac

from audit.kinds import Kind as Fact
from audit.log import record
from mailroom.outgoing import write
from privacy.erasing import NotYet
from privacy.subjects import DataSubject
from rights.erasure.planning import kept, lines_of, steps
from rights.models import Erasure, ErasureStep, State, SubjectRequest

RECEIPT = "erasure-receipt:"


class LeaseLost(Exception):
    """Another worker has the request by now."""


def finish(request: SubjectRequest, erasure: Erasure) -> bool:
    """Whether it is done now; False if something had come meanwhile: then those steps are open again. LeaseLost."""
    person = erasure.person
    if open_again(erasure, person):
        return False
    facts = facts_of(erasure, person)
    with transaction.atomic():
        end(request)
        told = erasure.told
        erasure.sealed, erasure.facts, erasure.done_at = "", facts, timezone.now()
        erasure.backups_clear_on = timezone.localdate() + timedelta(days=settings.SUPPORT_BACKUP_DAYS)
        erasure.save(update_fields=["sealed", "facts", "done_at", "backups_clear_on"])
        record(Fact.ERASURE_DONE, user=request.user, number=erasure.number)
        if told["to"]:
            mail_receipt(erasure, told)
    return True


def open_again(erasure: Erasure, person: DataSubject) -> int:
    """Look for everything; returns how many steps have found something again."""
    found = {step.name for step in steps() if left(step.eraser, person)}
    return ErasureStep.objects.filter(erasure=erasure, name__in=found).update(done_at=None)


def left(eraser: Any, person: DataSubject) -> int:
    try:
        return int(eraser.left(person))
    except NotYet:
        return 1


def facts_of(erasure: Erasure, person: DataSubject) -> list[dict[str, Any]]:
    """What the receipt tells: names of models with what became of how many rows; the words are looked up when it is read."""
    rows = dict(erasure.steps.values_list("name", "rows"))
    lines = [line for step in steps() for line in lines_of(step, rows.get(step.name, 0), person)]
    return [line.fact for line in [*lines, *kept(person)]]


def end(request: SubjectRequest) -> None:
    mine = SubjectRequest.objects.filter(pk=request.pk, state=State.WORKING, lease_token=request.lease_token)
    over = {
        "state": State.DONE,
        "email": "",
        "reason": "",
        "ended_at": timezone.now(),
        "problem": "",
        "lease_token": "",
        "lease_until": None,
    }
    if not mine.update(**over):
        raise LeaseLost


def mail_receipt(erasure: Erasure, told: dict[str, Any]) -> None:
    """The last mail. Its cause is a digest: where the mail went leads nobody to the record."""
    cause = salted_hmac("rights.receipt.cause", erasure.receipt, algorithm="sha256").hexdigest()
    address = f"{settings.SITE_URL}{reverse('erasure:receipt', args=[erasure.receipt])}"
    language = told["language"] if told["language"] in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
    with translation.override(language):
        write(
            "rights/erased",
            to=told["to"],
            cause=f"{RECEIPT}{cause}",
            erasure=erasure,
            address=address,
            purchase_years=settings.PURCHASE_YEARS,
        )
