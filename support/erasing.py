"""What becomes of support cases when the person asks to be forgotten: they are destroyed as ever, the key first (support/destruction).

A case that is kept for a suspicion of fraud is closed, and destroyed when that hold ends; the preview and the receipt name it, with its ground.
"""

from datetime import timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.addresses import address_key
from accounts.personal_data.found import keys_of
from privacy.erasing import Eraser, NotYet, Remainder
from privacy.subjects import DataSubject
from support.cases.closing import shut
from support.cases.writing import Gone, locked
from support.destruction.starting import Held, begin
from support.destruction.working import claim, work_on
from support.diagnostics import settling
from support.digests import case_digest
from support.models import Case, CaseHold, Destruction, DiagnosticsUpload, Life, Trigger
from support.vault.keyring import KeyGone

HELD = _("needed to look into a suspicion of fraud (GDPR article 17(3)(e)); it is destroyed when that is over, within a year at most")


def cases_of(person: DataSubject) -> QuerySet[Case]:
    """Those of the account, and those of nobody's account with the addresses, of which anything is there: an address may have been another account's."""
    theirs = Q(user=None, email_digest__in=[case_digest(address) for address in person.addresses])
    if person.account is not None:
        theirs |= Q(user=person.account)
    return Case.objects.filter(theirs).exclude(life=Life.DESTROYED)


def kept_for_fraud() -> Exists:
    return Exists(CaseHold.objects.in_force(timezone.now()).filter(case=OuterRef("pk")))


def to_go(person: DataSubject) -> QuerySet[Case]:
    """Those that nothing keeps; and of those that a hold keeps, the ones that somebody could still write in."""
    return cases_of(person).filter(~kept_for_fraud() | Q(destroy_at=None))


def destroy_cases(person: DataSubject) -> None:
    for case in to_go(person).filter(destruction=None).order_by("pk"):
        try:
            begin(case, Trigger.ERASURE)
        except Gone:  # it is being destroyed already
            continue
        except Held:
            close_for_good(case)
    begun = Destruction.objects.unfinished().filter(case__in=to_go(person))
    begun.update(sealed_address="")  # the receipt of the erasure is the last mail, and speaks of them too
    while claimed := claim(begun, 100):
        work_on(claimed)
    if to_go(person).exists():
        raise NotYet("a support case could not be destroyed yet")


def close_for_good(case: Case) -> None:
    """Its day has come as soon as the hold has ended."""
    try:
        held = locked(case)
    except Gone:
        return
    if held.destroy_at is None:
        shut(held, grace=timedelta(0))


held = Remainder(_("support cases in which fraud is suspected"), HELD, lambda person: cases_of(person).filter(kept_for_fraud()).count())
destroy = Eraser(destroy_cases, lambda person: to_go(person).count(), held)


def uploads_of(person: DataSubject) -> list[DiagnosticsUpload]:
    """What a product is sending and is no case yet: of the account, or with one of the addresses in what was told with it."""
    keys = keys_of(person)
    waiting = DiagnosticsUpload.objects.filter(case=None).order_by("pk")
    return [one for one in waiting.iterator(100) if (one.user_id and one.user_id == person.account) or address_of(one) in keys]


def address_of(upload: DiagnosticsUpload) -> str:
    try:
        return address_key(upload.told["contact"]["email"])
    except (KeyGone, OSError, ValueError, KeyError, TypeError):
        return ""


def destroy_what_comes(person: DataSubject) -> None:
    for upload in uploads_of(person):
        if not settling.destroyed(upload):
            raise NotYet("diagnostics are being received at this moment")


destroy_uploads = Eraser(destroy_what_comes, lambda person: len(uploads_of(person)))
