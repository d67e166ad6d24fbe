"""What is looked at before an announcement is released: what stops it, and what staff should look at once more."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from markdown_it.tree import SyntaxTreeNode

from announcements.models import Announcement
from announcements.placeholders import PLACEHOLDER, spelled, unknown_in
from announcements.writing.body import absolute, addresses_in, without_spaces
from announcements.writing.content import Content
from announcements.writing.links import MOST, troubles_of
from downloads.models import Release
from infacta.markdown import reader

LARGEST = 100_000  # bytes: Gmail shows no more than 102 KB of a mail, and the way out stands at its end
LONGEST_SUBJECT = 60
FEWEST_WORDS = 20
MOST_LINKS = 15
MOST_EXCLAMATIONS = 3
SHOUTED = 0.3
FALSE_ANSWER = re.compile(r"^\s*(re|fwd?|aw|wg)\s*:", re.IGNORECASE)
BARE_NUMBER = re.compile(r"^[0-9.]+$|:")
LOOKS_LIKE_AN_ADDRESS = re.compile(r"^(https?://)?([\w-]+\.)+[a-z]{2,}(/\S*)?$", re.IGNORECASE)
URGENT = re.compile(r"\b(free|act now|urgent|winner|guarantee[ds]?|100 ?%|click here|limited time|buy now|cash|\$\$+)(?!\w)", re.IGNORECASE)


@dataclass(frozen=True)
class Finding:
    """A sentence about the announcement. What `stops` it must be mended first; the others are hints."""

    text: str
    stops: bool = False


@dataclass(frozen=True)
class Subject:
    """All that the checks look at."""

    announcement: Announcement
    content: Content
    releases: list[Release]
    recipients: int


def findings_of(announcement: Announcement, content: Content, recipients: int) -> list[Finding]:
    """What stops it first. Asking the links takes seconds; where this server reaches nothing outside they are not asked, and that is said."""
    subject = Subject(announcement, content, list(announcement.releases.select_related("product")), recipients)
    found = [finding for check in CHECKS for finding in check(subject)]
    return sorted(found, key=lambda finding: not finding.stops)


def is_stopped(findings: list[Finding]) -> bool:
    return any(finding.stops for finding in findings)


def of_recipients(subject: Subject) -> Iterator[Finding]:
    if not subject.recipients:
        yield Finding(_("Nobody would get it: no customer and nobody who joined fits what is chosen."), stops=True)


def of_words(subject: Subject) -> Iterator[Finding]:
    announcement = subject.announcement
    if not announcement.body.strip() and not subject.releases and not announcement.products.exists():
        yield Finding(_("It says nothing yet: write a text, or pick a product or a release."), stops=True)
    elif len(announcement.body.split()) < FEWEST_WORDS:
        yield Finding(_("Its text is very short: mail filters trust mails with hardly any words less."))
    if not announcement.preheader.strip():
        yield Finding(_("It has no preheader: mail programs then show the beginning of the text after the subject."))


def of_placeholders(subject: Subject) -> Iterator[Finding]:
    content = subject.content
    everything = "\n".join((content.subject, content.text, content.html))
    for name in dict.fromkeys(unknown_in(everything)):
        text = _("%(placeholder)s is no placeholder that we know: readers would see it as it stands there.")
        yield Finding(text % {"placeholder": spelled(name)}, stops=True)
    rest = PLACEHOLDER.sub("", f"{content.subject}\n{content.text}")
    if "{{" in rest or "}}" in rest or "{%" in rest:
        yield Finding(_("There are double curly brackets around what is no placeholder: readers would see them."), stops=True)


def of_the_way_out(subject: Subject) -> Iterator[Finding]:
    for part in (subject.content.text, subject.content.html):
        if spelled("leave_url") not in part:
            yield Finding(_("The link with which readers leave is not in both parts."), stops=True)
        if not all(word in part for word in re.findall(r"\w+", settings.VENDOR_ADDRESS)):
            yield Finding(_("The vendor's postal address is not in both parts."), stops=True)


def of_size(subject: Subject) -> Iterator[Finding]:
    size = len(subject.content.html.encode())
    if size > LARGEST:
        text = _("It has %(size)d KB: Gmail cuts mails off at about 100 KB, and the way out with it. Please shorten it.")
        yield Finding(text % {"size": size // 1000}, stops=True)


def of_the_subject_line(subject: Subject) -> Iterator[Finding]:
    line = subject.content.subject
    if len(line) > LONGEST_SUBJECT:
        yield Finding(
            _("The subject has %(length)d characters: phones show about 40, and few programs more than 60.") % {"length": len(line)}
        )
    if is_shouted(line):
        yield Finding(_("The subject is written in capitals, as much unwanted mail is."))
    if "!" in line:
        yield Finding(_("There is an exclamation mark in the subject, as in much unwanted mail."))
    if FALSE_ANSWER.match(line):
        yield Finding(_("The subject looks like an answer to a mail that nobody wrote."))


def of_tone(subject: Subject) -> Iterator[Finding]:
    body = subject.announcement.body
    if is_shouted(body):
        yield Finding(_("Much of the text is written in capitals, as much unwanted mail is."))
    if body.count("!") > MOST_EXCLAMATIONS:
        yield Finding(_("There are %(count)d exclamation marks in the text.") % {"count": body.count("!")})
    if pressing := sorted({found[0].lower() for found in URGENT.finditer(f"{subject.content.subject} {body}")}):
        yield Finding(_("Mail filters know these words from unwanted mail: %(words)s.") % {"words": ", ".join(pressing)})


def is_shouted(text: str) -> bool:
    letters = [letter for letter in text if letter.isalpha()]
    return len(letters) > 8 and sum(map(str.isupper, letters)) > SHOUTED * len(letters)


def of_what_links_say(subject: Subject) -> Iterator[Finding]:
    links = [node for node in SyntaxTreeNode(reader.parse(without_spaces(subject.announcement.body))).walk() if node.type == "link"]
    if len(links) > MOST_LINKS:
        yield Finding(_("There are %(count)d links in the text: readers and mail filters prefer few.") % {"count": len(links)})
    for node in links:
        words, leads_to = "".join(child.content for child in node.children), host_of(absolute(str(node.attrs.get("href", ""))))
        if LOOKS_LIKE_AN_ADDRESS.match(words) and leads_to and host_of(words) != leads_to:
            text = _(
                "A link says “%(words)s”, and leads to %(host)s: that is how mails betray people. Let it say where it leads, or use words."
            )
            yield Finding(text % {"words": words[:80], "host": leads_to}, stops=True)
        if BARE_NUMBER.search(leads_to):
            yield Finding(_("A link leads to a number instead of a name: %(host)s.") % {"host": leads_to})


def host_of(address: str) -> str:
    """The host of an address, with or without its scheme; "" if it has none."""
    try:
        return (urlsplit(address if "//" in address else f"//{address}").hostname or "").removeprefix("www.")
    except ValueError:
        return ""


def of_releases(subject: Subject) -> Iterator[Finding]:
    now = timezone.now()
    for release in subject.releases:
        if not release.is_out(now):
            yield Finding(_("%(release)s is not out at this moment: readers could not get it yet.") % {"release": release})


def of_links(subject: Subject) -> Iterator[Finding]:
    """Those of the text and of the releases' notes; of the placeholders' addresses each mail has its own."""
    sources = [subject.announcement.body, *(release.notes for release in subject.releases)]
    asked = [address for source in sources for address in addresses_in(source) if not PLACEHOLDER.match(address)]
    asked = [address for address in dict.fromkeys(asked) if not address.startswith("mailto:")]
    if asked and not settings.ANNOUNCEMENTS_CHECK_LINKS:
        yield Finding(_("The links were not asked (ANNOUNCEMENTS_CHECK_LINKS is off): please try each of them yourself."))
        return
    if len(asked) > MOST:
        text = ngettext("Only the first %(count)d link was asked.", "Only the first %(count)d links were asked.", MOST)
        yield Finding(text % {"count": MOST})
    for trouble in troubles_of(asked):
        yield Finding(f"{trouble.address}: {trouble.text}.", stops=trouble.is_sure)


CHECKS: tuple[Callable[[Subject], Iterator[Finding]], ...] = (
    *(of_recipients, of_words, of_placeholders, of_the_way_out, of_size),
    *(of_the_subject_line, of_tone, of_what_links_say, of_releases, of_links),
)
