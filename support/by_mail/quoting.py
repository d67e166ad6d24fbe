"""What somebody wrote, apart from what their mail program put beneath it: the mail that they answer, and their signature. Nothing is lost."""

import re
from collections.abc import Sequence
from typing import NamedTuple

WROTE = r"(?:wrote|writes|schrieb|geschrieben|a écrit|escribió|ha scritto|schreef|escreveu|skrev|napisał\(?a?\)?)"
ATTRIBUTIONS = (
    re.compile(rf"(?:On|Am|Le|El|Il|Op|Em|Den|Dnia)\b(?=.*\d).{{5,300}}\b{WROTE}(?: .{{1,100}})?:", re.IGNORECASE),
    re.compile(rf".{{0,100}}<?[^\s<>]{{1,64}}@[^\s<>]{{1,200}}>? {WROTE}\b.{{0,100}}:", re.IGNORECASE),
)
"""The line above a quote, which programs break into up to MOST_BROKEN lines. A date or an address stands in each, and in few sentences."""
MOST_BROKEN = 4
LONGEST_LINE = 400
DIVIDER = re.compile(
    r"-{2,} ?(?:Original|Ursprüngliche|Forwarded|Weitergeleitete|Message|Mensaje|Messaggio|Oorspronkelijk|Doorgestuurd)[^-]{0,40}-{2,}"
    r"|(?:Begin forwarded message|Anfang der weitergeleiteten (?:Nachricht|E-Mail)|Début du message (?:réexpédié|transféré)) ?:",
    re.IGNORECASE,
)
HEADER = re.compile(
    r"\*?(?:From|Sent|Date|To|Cc|Subject|Von|Gesendet|Datum|An|Betreff|De|Envoyé|À|Objet|Enviado|Para|Asunto|Da|Inviato|A|Oggetto|Van|Verzonden"
    r"|Aan|Onderwerp) ?:\*? ?.*",
    re.IGNORECASE,
)
SENDER = re.compile(r"\*?(?:From|Von|De|Da|Van) ?:\*? ?\S.*", re.IGNORECASE)
HEADERS_OF_A_BLOCK = 3
LONGEST_SIGNATURE = 15


class Parted(NamedTuple):
    """`text` is never empty, unless there was none at all."""

    text: str
    quoted: str


def parted(text: str) -> Parted:
    """The sender's own words, and what is quoted beneath or above them. Answers between quoted lines stay there: apart they would mean nothing."""
    lines = text.split("\n")
    own, quoted = lines, list[str]()
    start = next((number for number in range(len(lines)) if begins_quote(lines, number)), None)
    if start is not None and not is_interleaved(lines):
        end = end_of_quote(lines, start)
        own, quoted = [*lines[:start], *lines[end:]], lines[start:end]
    own, signature = without_signature(own)
    if not any(map(str.strip, own)):
        return Parted(text.strip(), "")
    return Parted("\n".join(own).strip(), "\n".join([*signature, *quoted]).strip())


def begins_quote(lines: Sequence[str], number: int) -> bool:
    line = lines[number].strip()
    is_divider = bool(DIVIDER.fullmatch(line[:LONGEST_LINE]))
    return is_divider or is_marked(line) or is_block(lines, number) or lines_of_attribution(lines, number) > 0


def lines_of_attribution(lines: Sequence[str], number: int) -> int:
    """How many lines "On … wrote:" takes, if it stands here; 0 if it does not."""
    sentence = ""
    for count, line in enumerate(lines[number : number + MOST_BROKEN], 1):
        if not line.strip() or len(line) > LONGEST_LINE:
            return 0
        sentence = f"{sentence} {line.strip()}".strip()
        if sentence.endswith(":") and any(pattern.fullmatch(sentence) for pattern in ATTRIBUTIONS):
            return count
    return 0


def is_block(lines: Sequence[str], number: int) -> bool:
    """Sender, date, recipient and subject in lines of their own, as Outlook puts them above what it quotes."""
    if not SENDER.fullmatch(lines[number].strip()[:LONGEST_LINE]):
        return False
    block = [line.strip()[:LONGEST_LINE] for line in lines[number : number + HEADERS_OF_A_BLOCK]]
    return len(block) == HEADERS_OF_A_BLOCK and all(map(HEADER.fullmatch, block))


def end_of_quote(lines: Sequence[str], start: int) -> int:
    """Behind the last quoted line; where lines are not marked as quoted, nobody can tell, and the rest is."""
    end = start + lines_of_attribution(lines, start)
    while end < len(lines) and not lines[end].strip():
        end += 1
    if end == len(lines) or not is_marked(lines[end]):
        return len(lines)
    return max(number for number in range(end, len(lines)) if is_marked(lines[number])) + 1


def is_interleaved(lines: Sequence[str]) -> bool:
    """Whether somebody wrote between quoted lines."""
    marks = [is_marked(line) for line in lines if line.strip()]
    return sum(1 for before, now in zip([False, *marks], marks, strict=False) if now and not before) > 1


def is_marked(line: str) -> bool:
    return line.lstrip().startswith(">")


def without_signature(lines: list[str]) -> tuple[list[str], list[str]]:
    """The lines above "-- " (RFC 3676, 4.3), and from there on; a part of a text that is longer than signatures are is none."""
    start = next((number for number in reversed(range(len(lines))) if lines[number].rstrip() == "--"), None)
    if start is None or len(lines[start:]) > LONGEST_SIGNATURE:
        return lines, []
    return lines[:start], lines[start:]
