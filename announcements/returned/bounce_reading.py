"""What a report says of a mail that came back or was not wanted: RFC 3464 (and 6533 beyond ASCII), RFC 5965, and mails that follow neither.

Statuses are read by RFC 3463. A mailbox counts as dead if the mail server says that it, or its domain, does not exist; everything else may pass:
a mailbox that is full, or switched off (5.2.1: "exists, but is not accepting messages"), a mail that is too large or that a filter dislikes.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from announcements.models import BounceKind
from mailroom.automatic import comes_from_a_server, is_automatic_answer
from mailroom.opening import FEEDBACK, STATUS, Mail

DEAD = {
    "5.1.0": "something is wrong with the address",
    "5.1.1": "there is no such mailbox",
    "5.1.2": "there is no such domain",
    "5.1.3": "the address cannot be read",
    "5.1.6": "the mailbox has moved and left no address",
    "5.1.10": "the domain takes no mail (RFC 7505)",
}
"""Not 5.1.4 (ambiguous), nor 5.1.7 and 5.1.8, which speak of the sender's address."""
UNWANTED = ("abuse", "fraud", "opt-out", "opt-out-list")
"""Feedback that is a complaint; `not-spam`, `virus`, `auth-failure` and others are none."""
ENHANCED = re.compile(r"\b[245]\.[0-9]{1,3}\.[0-9]{1,3}\b(?!\.[0-9])")
SMTP_ANSWER = re.compile(r"\b([45])[0-9]{2}[ -]#?(\1\.[0-9]{1,3}\.[0-9]{1,3})\b(?!\.[0-9])")
NOT_OF_THE_REPORT = re.compile(r"^(?:-{2,}|>|return-path:|received:|list-unsubscribe:)", re.IGNORECASE | re.MULTILINE)
LOOKED_AT = 5_000
LONGEST_WORDS = 300


@dataclass(frozen=True)
class Verdict:
    """`kind` is None where nothing is to be counted: the mail arrived, is still tried, or was answered by a machine."""

    kind: BounceKind | None
    status: str = ""
    words: str = ""


NOTHING = Verdict(None)


def verdict_of_report(mail: Mail, address: str) -> Verdict:
    """What a delivery report says of the mail to this address. Each recipient that it names must be dead for the mailbox to be.

    Recipients are other ones than ours where the mail was passed on; if ours is among them, it alone counts.
    """
    named = [group for kind, text in mail.reports if kind == STATUS for group in groups_of(text) if "action" in group]
    ours = [group for group in named if address and address in named_in(group)]
    return worst_case(ours or named)


def worst_case(recipients: list[dict[str, str]]) -> Verdict:
    """The mildest of what is said of several recipients."""
    actions = [group["action"].split(" ")[0].lower() for group in recipients]
    if not recipients or any(action != "failed" for action in actions):
        return NOTHING
    verdicts = [verdict_of_failure(group) for group in recipients]
    return next((verdict for verdict in verdicts if verdict.kind == BounceKind.SOFT), verdicts[0])


def verdict_of_failure(group: dict[str, str]) -> Verdict:
    """By its status; by the server's own where the report's is as good as none (5.0.0)."""
    words = group.get("diagnostic-code", "").partition(";")[2].strip() or group.get("diagnostic-code", "")
    status = next(iter(ENHANCED.findall(group.get("status", ""))), "")
    if status in ("", "5.0.0", "4.0.0"):
        status = status_in(words) or status
    return by_status(status, words)


def by_status(status: str, words: str) -> Verdict:
    kind = BounceKind.HARD if status in DEAD else BounceKind.SOFT
    return Verdict(kind, status, " ".join(words.split())[:LONGEST_WORDS])


def status_in(text: str) -> str:
    """The one enhanced status (RFC 3463) in a server's words; "" if there is none, or more than one."""
    found = set(ENHANCED.findall(text))
    return found.pop() if len(found) == 1 else ""


def verdict_of_mail(mail: Mail) -> Verdict | None:
    """What a mail without a report says that came back to the sender's address of one of ours; None if a person wrote it.

    Only one clear answer of a mail server makes a mailbox dead, and what is quoted of our own mail is not looked at.
    """
    if is_automatic_answer(mail):
        return NOTHING
    if not comes_from_a_server(mail):
        return None
    text = NOT_OF_THE_REPORT.split(mail.text[:LOOKED_AT])[0] or mail.text[:LOOKED_AT]
    answers = {match[2]: match for match in SMTP_ANSWER.finditer(text)}
    if len(answers) != 1:
        return Verdict(BounceKind.SOFT, "", " ".join(mail.subject.split())[:LONGEST_WORDS])
    ((status, match),) = answers.items()
    return by_status(status, text[match.start() :].partition("\n")[0])


def feedback_in(mail: Mail) -> dict[str, str] | None:
    """The fields of a feedback report (RFC 5965); None if it is none."""
    texts = [text for kind, text in mail.reports if kind == FEEDBACK]
    return next(groups_of(texts[0]), {}) if texts else None


def complaint_in(feedback: dict[str, str]) -> Verdict:
    kind = feedback.get("feedback-type", "").lower()
    return Verdict(BounceKind.COMPLAINT, "", f"{kind}, {feedback.get('user-agent', '')}".strip(", ")) if kind in UNWANTED else NOTHING


def groups_of(text: str) -> Iterator[dict[str, str]]:
    """The groups of fields, divided by empty lines; of a field that is there twice the first counts."""
    for block in re.split(r"\n[ \t]*\n", text):
        fields: dict[str, str] = {}
        for line in block.split("\n"):
            name, colon, value = line.partition(":")
            if colon:
                fields.setdefault(name.strip().lower(), value.strip())
        if fields:
            yield fields


def named_in(group: dict[str, str]) -> set[str]:
    """The recipient's addresses in a group, in small letters."""
    fields = ("final-recipient", "original-recipient")
    return {group[name].partition(";")[2].strip(" <>").lower() for name in fields if name in group}
