"""The columns of a file of subscribers, in and out (docs/subscribers.md), and what a row of it must say to be believed."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_address

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.addresses import LONGEST, address_key, validate_mailable
from announcements.models import SubscriptionState, Topic
from infacta.spreadsheets import is_like_a_formula
from infacta.this_age import FIRST

NEEDED = ("email", "source", "wording", "consented_at")
"""Whose address, and the proof that its owner agreed: where, to which words, when."""
READ = (*NEEDED, "language", "ip", "topics", "confirmed_at", "confirmed_ip", "state", "suppressed")
WRITTEN = (
    *("email", "language", "source", "wording", "consented_at", "ip", "topics"),
    *("state", "basis", "confirmed_at", "confirmed_ip", "left_at", "suppressed"),
)
ALL_TOPICS = frozenset(Topic.values)
NO_TOPIC = "none"
LONGEST_SOURCE, LONGEST_WORDING = 200, 40


class WrongRow(Exception):
    """The row cannot be taken, in words that repeat nothing of it."""


@dataclass(frozen=True)
class Subscriber:
    """A row that may be imported; `stays_away` if the file itself says that the person left or gets no mails."""

    email: str
    email_key: str
    language: str
    source: str
    wording: str
    consented_at: datetime
    ip: str | None
    confirmed_at: datetime
    confirmed_ip: str | None
    topics: frozenset[str]
    stays_away: bool


def subscriber_in(cells: Mapping[str, str]) -> Subscriber:
    """WrongRow if it names no address, lacks a proof of consent, or says what cannot be."""
    if any("\ufffd" in cell for cell in cells.values()):
        raise WrongRow(_("It holds a character that no text has."))
    email = address_in(cells.get("email", ""))
    consented_at = moment_in(cells.get("consented_at", ""), "consented_at")
    return Subscriber(
        email=email,
        email_key=address_key(email),
        language=language_in(cells.get("language", "")),
        source=proof_in(cells, "source", LONGEST_SOURCE),
        wording=proof_in(cells, "wording", LONGEST_WORDING),
        consented_at=consented_at,
        ip=ip_in(cells.get("ip", ""), "ip"),
        confirmed_at=moment_in(cells["confirmed_at"], "confirmed_at") if cells.get("confirmed_at") else consented_at,
        confirmed_ip=ip_in(cells.get("confirmed_ip", ""), "confirmed_ip"),
        topics=topics_in(cells.get("topics", "")),
        stays_away=bool(cells.get("suppressed")) or cells.get("state", "").lower() not in ("", SubscriptionState.CONFIRMED),
    )


def address_in(cell: str) -> str:
    if not cell:
        raise WrongRow(_("It names no e-mail address."))
    try:
        validate_email(cell)
        validate_mailable(cell)
    except ValidationError as error:
        raise WrongRow(_("Its e-mail address is none that mail can go to.")) from error
    if len(cell) > LONGEST:
        raise WrongRow(_("Its e-mail address is too long."))
    return cell


def proof_in(cells: Mapping[str, str], name: str, longest: int) -> str:
    """A part of the proof of consent, which must be there."""
    text = cells.get(name, "")
    if not text:
        raise WrongRow(_("There is no proof of consent: %(column)s is empty.") % {"column": name})
    if len(text) > longest:
        raise WrongRow(_("%(column)s is longer than %(longest)d characters.") % {"column": name, "longest": longest})
    return text


def moment_in(cell: str, name: str) -> datetime:
    """A moment as ISO 8601 writes it; without a zone it is UTC. It lies in the past, for nobody agrees in advance."""
    if not cell:
        raise WrongRow(_("There is no proof of consent: %(column)s is empty.") % {"column": name})
    try:
        at = datetime.fromisoformat(cell)
        at = (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise WrongRow(_("%(column)s is no moment as ISO 8601 writes it: 2026-01-31T12:00:00Z.") % {"column": name}) from error
    if not FIRST <= at <= timezone.now():
        raise WrongRow(_("%(column)s does not lie in the past.") % {"column": name})
    return at


def language_in(cell: str) -> str:
    code = cell.lower()
    if code and code not in dict(settings.LANGUAGES):
        raise WrongRow(_("This site does not speak the language that it names; leave language empty."))
    return code


def ip_in(cell: str, name: str) -> str | None:
    try:
        return str(ip_address(cell)) if cell else None
    except ValueError as error:
        raise WrongRow(_("%(column)s is no IP address.") % {"column": name}) from error


def topics_in(cell: str) -> frozenset[str]:
    """Those that are named; all, if the cell is empty."""
    named = frozenset(re.findall(r"[^\s,;|]+", cell.lower()))
    if named == {NO_TOPIC}:
        return frozenset()
    if not named <= ALL_TOPICS:
        raise WrongRow(_("There are no such topics; these there are: %(topics)s.") % {"topics": ", ".join(Topic.values)})
    return named or ALL_TOPICS


def shielded(email: str) -> str:
    """An address that begins with an apostrophe gets another one, so that the one that makes cells harmless is told from its own."""
    return f"'{email}" if email.startswith("'") else email


def unshielded(cell: str) -> str:
    """The cell as it was before it was made harmless for spreadsheets."""
    return cell[1:] if cell.startswith("'") and (is_like_a_formula(cell[1:]) or cell[1:2] == "'") else cell
