"""Mails that come to support: to the address of a case, which is written into it, and to the vendor's address for help, which opens one.

Who stands in From proves nothing. The address of a case does: it came by mail, to whoever asked, and holds a secret. So whoever writes there may write
in the case, a colleague too, and staff see who did if it was not the case's own address. No mail is linked to an account.
"""

import logging
import re

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.addresses import LONGEST, address_key, validate_mailable, without_tag
from accounts.limits import CASES_ADDRESS, CASES_BY_MAIL, TooManyTries, demand_all
from mailroom.incoming import CannotTake
from mailroom.models import OutgoingMail
from mailroom.opening import Mail, addresses_in
from purchases.models import OrderMailProfile
from purchases.profiles.order_mails import concerns
from support.by_mail.automatic import is_automatic, is_our_address
from support.by_mail.quoting import parted
from support.cases.access import ADDRESS, case_addressed_by
from support.cases.attaching import Incoming
from support.cases.opening import Request, open_case
from support.cases.writing import Gone, customer_writes
from support.models import Case, CaseDetails, Channel

log = logging.getLogger(__name__)
LONGEST_SUBJECT, LONGEST_NAME = 200, 100
MESSAGE_ID = re.compile(r"<[a-z]{32}@[^<>\s]{1,200}>")
MOST_REFERENCES = 50
CAUSE = re.compile(r"case:([0-9]{1,18}):.*")


def is_answer(mail: Mail) -> bool:
    """Whether it came to the address of a case, whichever."""
    return any(ADDRESS.fullmatch(address) and domain_of(address) == settings.MAIL_DOMAIN.lower() for address in mail.recipients)


def is_question(mail: Mail) -> bool:
    """Whether it came to the address for help and, by what it says of itself, from no partner that mails its orders there."""
    own = without_tag(address_key(settings.SUPPORT_EMAIL))
    if not any(without_tag(address_key(address)) == own for address in mail.recipients):
        return False
    return not any(concerns(profile, mail) for profile in OrderMailProfile.objects.switched_on())


def take_answer(mail: Mail) -> bool:
    """A mail to a case's address is written into it; if the case is gone, it opens a new one. CannotTake."""
    if not is_answer(mail):
        return False
    if not is_nobodys(mail):
        case = next(filter(None, map(case_addressed_by, mail.recipients)), None)
        keep(mail, case)
    return True


def take_question(mail: Mail) -> bool:
    """A mail to the address for help opens a case, or belongs to that whose mail it answers. CannotTake."""
    if not is_question(mail):
        return False
    if not is_nobodys(mail):
        keep(mail, case_answered_by(mail))
    return True


def is_nobodys(mail: Mail) -> bool:
    """Neither kept nor answered, and its text destroyed like that of every mail that is dealt with."""
    if not is_automatic(mail):
        return False
    log.info("A mail to support was written by a machine, or by ourselves: nothing follows from it.")
    return True


def case_answered_by(mail: Mail) -> Case | None:
    """The case whose mail this one answers, as mail programs note it: our Message-IDs are random, and were mailed to whoever asked.

    Mails of a case to anybody else, such as the way in to an account, count as none: whoever asked must not read what their owner answers.
    """
    noted = " ".join(mail.headers_named("in-reply-to") + mail.headers_named("references"))
    numbers = MESSAGE_ID.findall(noted)[:MOST_REFERENCES]
    for cause, to in OutgoingMail.objects.filter(message_id__in=numbers, cause__startswith="case:").values_list("cause", "to"):
        found = CAUSE.fullmatch(cause)
        case = Case.objects.live().select_related("user", "product").filter(pk=int(found[1])).first() if found else None
        if case and case.details.email == to:
            return case
    return None


def keep(mail: Mail, case: Case | None) -> None:
    try:
        if case and write_in(case, mail):
            return
        open_for(mail)
    except TooManyTries as refused:
        raise CannotTake(_("So many mails have come from this sender, or in all, that one more opens no case by itself.")) from refused


def write_in(case: Case, mail: Mail) -> bool:
    """Whether it is in the case now; False if the case is gone. A mailbox whose address is in From has shown that it gets our mails. TooManyTries."""
    text, quoted = parted(mail.text)
    is_own = address_key(mail.sender) == address_key(case.details.email)
    try:
        customer_writes(
            case,
            text + note_of(mail),
            Channel.MAIL,
            incoming=files_of(mail),
            quoted=quoted,
            sender="" if is_own else mail.sender or _("unknown"),
            submission=mail.digest,
        )
    except Gone:
        return False
    if is_own:
        Case.objects.filter(pk=case.pk, address_proved_at=None).update(address_proved_at=timezone.now())
    return True


def open_for(mail: Mail) -> Case:
    """A new case, of whoever is to be answered. CannotTake if that is nobody; TooManyTries."""
    name, address = writer_of(mail)
    demand_all([(CASES_ADDRESS, without_tag(address_key(address))), (CASES_BY_MAIL, "")])
    text, quoted = parted(mail.text)
    details = CaseDetails(
        subject=mail.subject[:LONGEST_SUBJECT],
        name=name[:LONGEST_NAME],
        email=address,
        message_id=mail.header("message-id").strip(),
    )
    asked = Request(Channel.MAIL, details, text + note_of(mail), files=files_of(mail), quoted=quoted, submission=mail.digest)
    return open_case(asked)


def writer_of(mail: Mail) -> tuple[str, str]:
    """Name and address of whom an answer goes to: Reply-To, or else From. CannotTake if there is none that we could write to, or several."""
    for header in ("reply-to", "from"):
        addresses = addresses_in(mail.headers_named(header))
        if len(addresses) == 1 and can_be_answered(addresses[0][1]):
            return addresses[0]
    raise CannotTake(_("It names no address, or several, to which we could answer."))


def can_be_answered(address: str) -> bool:
    try:
        validate_email(address)
        validate_mailable(address)
    except ValidationError:
        return False
    return len(address) <= LONGEST and not is_our_address(address)


def files_of(mail: Mail) -> list[Incoming]:
    return [Incoming(file.name, file.size, [file.content]) for file in mail.files if file.is_here]


def note_of(mail: Mail) -> str:
    """What is said below the text if files of the mail are not in the case."""
    missing = mail.files_left_out + sum(not file.is_here for file in mail.files)
    if not missing:
        return ""
    said = ngettext("%(count)d file of this mail is not kept", "%(count)d files of this mail are not kept", missing) % {"count": missing}
    why = _("they were more than ten or larger than 10 MB, or the mail had to wait for a member of staff")
    return f"\n\n[{said}: {why}.]"


def domain_of(address: str) -> str:
    return address.rpartition("@")[2].lower()
