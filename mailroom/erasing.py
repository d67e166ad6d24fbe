"""Mails of somebody who asks to be forgotten: what went out to them, or concerns their account, and what came from them."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet

from infacta.sealed_text import CannotOpen
from infacta.whole_addresses import stands_in
from mailroom import outbox
from mailroom.models import IncomingMail, OutgoingMail
from privacy.erasing import Eraser, NotYet
from privacy.subjects import DataSubject, at_address

HEAD = 64 * 1024  # bytes of a file in which the lines before the text stand


def mails_of(person: DataSubject) -> QuerySet[OutgoingMail]:
    theirs = at_address("to", person)
    if person.account is not None:
        theirs |= Q(user=person.account)
    return OutgoingMail.objects.filter(theirs)


def destroy_outgoing(person: DataSubject) -> None:
    """Those that wait are never sent; one that a worker is handing over just now goes a few minutes later."""
    outbox.destroy_rows(list(mails_of(person).values_list("pk", flat=True)))
    for path in files_to(person.addresses):
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise NotYet("the file of a mail cannot be deleted") from error
    if mails_of(person).exists():
        raise NotYet("a mail is being sent at this moment")


def files_to(addresses: Iterable[str]) -> Iterator[Path]:
    """Mails that were written to files, as a site in development does, by the address on them: those too whose row has gone before."""
    folder, wanted = Path(settings.MAIL_DIR), list(addresses)
    if wanted and folder.is_dir():
        for path in folder.iterdir():
            if path.is_file() and any(stands_in(head_of(path), address) for address in wanted):
                yield path


def head_of(path: Path) -> str:
    """The lines before the text; nothing if the file is gone meanwhile."""
    try:
        with path.open("rb") as file:
            return file.read(HEAD).replace(b"\r\n", b"\n").partition(b"\n\n")[0].decode(errors="replace")
    except OSError:
        return ""


destroy = Eraser(destroy_outgoing, lambda person: mails_of(person).count() + sum(1 for _path in files_to(person.addresses)))


def came_from(person: DataSubject) -> list[int]:
    """Mails of the person: by the sender, which of mails to support stands in the sealed text alone, while that is there."""
    found = set()
    for address in person.addresses:
        likely = IncomingMail.objects.filter(sender__icontains=address).values_list("pk", "sender")
        found |= {pk for pk, sender in likely if stands_in(sender, address)}
    sealed = IncomingMail.objects.filter(is_private=True).exclude(source="").defer("files")
    found |= {row.pk for row in sealed.iterator(100) if sender_of(row) in {address.casefold() for address in person.addresses}}
    return sorted(found)


def sender_of(row: IncomingMail) -> str:
    try:
        mail = row.mail
    except CannotOpen:  # nobody can read it any more
        return ""
    return mail.sender.casefold() if mail else ""


@transaction.atomic
def destroy_those_that_came(person: DataSubject) -> None:
    IncomingMail.objects.filter(pk__in=came_from(person)).delete()


destroy_incoming = Eraser(destroy_those_that_came, lambda person: len(came_from(person)))
