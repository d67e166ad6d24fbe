"""The button "Send me a copy": a file of a case goes to whoever asked, byte for byte, and as long as it is there."""

import hashlib
import time

from django.db import transaction
from django.http import HttpRequest

from accounts.limits import CASE_COPIES, demand
from audit.kinds import Kind as Fact
from audit.log import record
from infacta.paging import number_in
from mailroom.attaching import Attachment, NothingToAttach, attaches
from mailroom.models import OutgoingMail
from support.cases.mails import cause_of, mail
from support.cases.writing import locked
from support.models import Case, CaseFile, Life
from support.vault.files import Damaged
from support.vault.keyring import KeyGone

LARGEST = 10 * 1024 * 1024
"""What most mail servers take; a larger file is downloaded by the link in the mail."""
PROVIDER = "support.casefile"
ONE_PRESS = 60  # seconds


@transaction.atomic
def send_copy(case_file: CaseFile, request: HttpRequest | None = None, *, press: str = "") -> OutgoingMail | None:
    """Mail the file, or the link to it, to the address of its case; None if there is none. Raises Gone, and TooManyTries.

    The same `press` again, a random word of the form, is the same mail; without one, what is pressed within a minute.
    """
    case = locked(case_file.case)
    occasion = f"{'copy' if is_known(case) else 'copy-link'}:{case_file.pk}:{digest_of(press or str(int(time.time()) // ONE_PRESS))}"
    if before := OutgoingMail.objects.filter(cause=f"{cause_of(case)}{occasion}").first():
        return before
    demand(CASE_COPIES, str(case.pk))
    is_attached = is_known(case) and case_file.size <= LARGEST
    attached = f"{PROVIDER}:{case_file.pk}" if is_attached else ""
    written = mail(case, "copy", occasion, attached=attached, is_attached=is_attached, is_known=is_known(case), file=case_file)
    if written:
        record(Fact.CASE_FILE_SENT, user=case.user, request=request, case=case.reference, file=case_file.pk)
    return written


def is_known(case: Case) -> bool:
    """Whether the address is that of an account, or whoever has it opened the link. To others no file is mailed: anybody may have named them, and chosen it."""
    return bool(case.user_id or case.address_proved_at)


def digest_of(press: str) -> str:
    return hashlib.sha256(press.encode("utf-8", "replace")).hexdigest()[:32]


@attaches(PROVIDER)
def attached_file(key: str) -> Attachment:
    """The file with this number, whole and as it was sent. NothingToAttach."""
    row = CaseFile.objects.select_related("case").filter(pk=number_in(key), case__life=Life.LIVE).first()
    if row is None:
        raise NothingToAttach("The file is destroyed.")
    try:
        content = b"".join(row.content())
    except (KeyGone, FileNotFoundError) as error:
        raise NothingToAttach("The file is destroyed.") from error
    except Damaged as error:
        raise NothingToAttach("The file is damaged.") from error
    if hashlib.sha256(content).hexdigest() != row.sha256:
        raise NothingToAttach("The file is damaged.")
    return Attachment(row.name, content)
