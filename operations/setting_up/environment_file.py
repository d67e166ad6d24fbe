"""The file of environment variables: read and written so that systemd (`EnvironmentFile=`) and django-environ (`.env`) understand it alike.

Both take `NAME=value` lines. Inside of double quotes both drop the backslash before `"`, `\\`, `$` and the backtick (systemd.exec(5),
EnvironmentFile; django-environ's read_env), so whatever is not plain is quoted, and these four are escaped.
"""

import os
import re
import tempfile
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

ASSIGNMENT = re.compile(r"(?:export )?([A-Za-z_0-9]+)=(.*)")
PLAIN = re.compile(r"[A-Za-z0-9_./:@%+,=?&~-]*")


class Unusable(Exception):
    """An answer that cannot be used. The text is a sentence for the operator: what is wrong, and what to do."""


def refuse(value: str) -> None:
    """Raises Unusable for what the two readers would not both read as it is meant."""
    if any(character in value for character in "\n\r") or not all(character.isprintable() for character in value):
        raise Unusable("it holds a line break or another character that cannot be seen: leave that out.")
    if value.startswith("$"):
        raise Unusable("it begins with $, which would name another variable: begin with something else.")
    if value != value.strip():
        raise Unusable("it begins or ends with a space: leave that out.")


def quoted(value: str) -> str:
    """The value as it stands behind `NAME=`. Raises Unusable."""
    refuse(value)
    return value if PLAIN.fullmatch(value) else f'"{escaped(value)}"'


def escaped(value: str) -> str:
    """As it stands between double quotes."""
    return re.sub(r'(["\\$`])', r"\\\1", value)


def value_of(written: str) -> str:
    """What a reader makes of what stands behind `NAME=`."""
    if match := re.fullmatch(r"'(.*)'", written):
        return match[1]
    if match := re.fullmatch(r'"(.*)"', written):
        return re.sub(r'\\(["\\$`])', r"\1", match[1])
    return written


def variables_in(text: str) -> dict[str, str]:
    """The variables that the file sets."""
    found = [match for line in text.splitlines() if (match := ASSIGNMENT.fullmatch(line))]
    return {match[1]: value_of(match[2]) for match in found}


def changed(text: str, values: Mapping[str, str]) -> str:
    """The text with these variables set and every other line as it is. A line whose value is right already stays, character by character."""
    present = variables_in(text)
    lines = text.splitlines()
    for name, value in values.items():
        if present.get(name) != value:
            set_in(lines, name, f"{name}={quoted(value)}")
    return "\n".join(lines) + "\n" if lines else ""


def set_in(lines: list[str], name: str, line: str) -> None:
    """Where the variable is set (the readers differ in which of two lines counts, so in each), or behind its comment, or at the end."""
    where = [number for number, other in enumerate(lines) if (match := ASSIGNMENT.fullmatch(other)) and match[1] == name]
    if where:
        for number in where:
            lines[number] = line
        return
    commented = [number for number, other in enumerate(lines) if other.startswith(f"#{name}=")]
    lines.insert(commented[0] + 1 if commented else len(lines), line)


def masked(text: str, secrets: Iterable[str]) -> str:
    """The text without these values, however they are written, and without passwords inside of addresses: what a terminal may show."""
    spelled = {spelling for secret in secrets if secret for spelling in (secret, escaped(secret))}
    for secret in sorted(spelled, key=len, reverse=True):
        text = text.replace(secret, "********")
    text = re.sub(r"([?&]password=)[^&\s\"']+", r"\1********", text)
    return re.sub(r"(://[^:/@\s]*:)[^@\s]+@", r"\1********@", text)


def write(path: Path, text: str) -> Path | None:
    """Put the text in the place of the file at once, readable for its owner alone; returns the copy of the old one, if there was one.

    Raises OSError, and leaves everything as it was, if that cannot be done.
    """
    backup = copy_of(path) if path.exists() else None
    mode = path.stat().st_mode & 0o600 if backup else 0o600
    owner = path.stat() if backup else None
    descriptor, unfinished = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(unfinished, mode | 0o400)
        if owner and os.geteuid() == 0:
            os.chown(unfinished, owner.st_uid, owner.st_gid)
        os.replace(unfinished, path)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(unfinished)
        raise
    return backup


def copy_of(path: Path) -> Path:
    """A copy of the file beside it, under the name of this moment (in UTC, as the Z says), readable for its owner alone."""
    backup = path.with_name(f"{path.name}.{datetime.now(UTC):%Y%m%d-%H%M%S-%f}Z.old")
    descriptor = os.open(backup, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400)
    with os.fdopen(descriptor, "wb") as file:
        file.write(path.read_bytes())
    if os.geteuid() == 0:
        os.chown(backup, path.stat().st_uid, path.stat().st_gid)
    return backup
