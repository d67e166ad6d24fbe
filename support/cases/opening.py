"""Opening a case: its key first, and then one transaction with what was told, the audit event, and the mail that says it came."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from audit.kinds import Kind as Fact
from audit.log import record
from privacy.areas import area_of
from privacy.wording import version_of
from support.cases.attaching import Adopted, Incoming, adopt, attach, demand_bounds
from support.cases.mails import mail
from support.models import Author, Case, CaseDetails, CaseMessage, Channel, Kind
from support.vault import files, keyring

log = logging.getLogger(__name__)


class CannotOpen(Exception):
    """What was told cannot be kept at the moment, such as on a full disk, and nothing of it is; the message says so, and what to do."""


@dataclass(frozen=True)
class Request:
    """What somebody asks support. `submission` is a digest of the form or mail: the same one twice opens one case.

    `adopted` lies in the vault already, and its key becomes the case's. `also` writes what else belongs to the case, in its transaction.
    `confirmation` names the mail that says it came; "" where another mail does.
    """

    channel: Channel
    details: CaseDetails
    text: str
    kind: Kind = Kind.QUESTION
    user: Any = None
    product: Any = None
    is_priority: bool = False
    files: Sequence[Incoming] = ()
    quoted: str = ""
    submission: str | None = None
    adopted: Adopted | None = None
    also: Callable[[Case], None] | None = None
    confirmation: str = "opened"


def open_case(asked: Request, request: HttpRequest | None = None) -> Case:
    """The case; the one that is there already if the same form or mail came before. Raises CannotAttach and CannotOpen, and nothing is kept then.

    To be called outside of a transaction, or as the last thing in one: a key and files that nobody's row names are taken away at night.
    """
    if asked.submission and (before := Case.objects.filter(submission=asked.submission).first()):
        return before
    demand_bounds(asked.files)
    key_name = asked.adopted.key_name if asked.adopted else Case.new_key_name()
    if not asked.adopted:
        make_key(key_name)
    try:
        return opened(key_name, asked, request)
    except BaseException as error:
        if not asked.adopted:
            take_away(key_name)
        if isinstance(error, IntegrityError) and asked.submission:
            return Case.objects.get(submission=asked.submission)
        raise


def make_key(key_name: str) -> None:
    """CannotOpen where there is no room for it: without its key nothing of a case is kept."""
    try:
        keyring.create(key_name)
    except OSError as error:
        log.error("The key of a new case cannot be written: %s.", error.strerror)
        raise CannotOpen(
            _("We cannot keep anything at the moment. Please send this once more in an hour: your text is still here.")
        ) from error


def take_away(key_name: str) -> None:
    """The key first, and then whatever was sealed under it."""
    keyring.destroy(key_name)
    for name in files.names(key_name):
        files.destroy(key_name, name)


def policy_at(request: HttpRequest | None) -> str:
    """Which wording was published where the form stood; "" for a mail, whose writer saw no page."""
    return version_of(area_of(request.path)) if request else ""


@transaction.atomic
def opened(key_name: str, asked: Request, request: HttpRequest | None) -> Case:
    now = timezone.now()
    case = Case(
        key_name=key_name,
        kind=asked.kind,
        channel=asked.channel,
        user=asked.user,
        product=asked.product,
        is_priority=asked.is_priority,
        submission=asked.submission,
        policy_version=policy_at(request),
        opened_at=now,
        waiting_since=now,
        last_written_at=now,
    )
    case.seal_details(replace(asked.details, language=asked.details.language or get_language() or ""))
    case.save(force_insert=True)
    message = CaseMessage(case=case, author=Author.CUSTOMER, channel=asked.channel, written_at=now)
    message.seal(asked.text, asked.quoted)
    message.save(force_insert=True)
    attach(message, asked.files)
    if asked.adopted:
        adopt(message, asked.adopted)
    if asked.also:
        asked.also(case)
    record(Fact.CASE_OPENED, user=asked.user, request=request, case=case.reference, channel=str(asked.channel))
    if asked.confirmation:
        mail(case, asked.confirmation, "opened")
    return case
