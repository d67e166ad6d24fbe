"""The order of versions: PEP 440 and Semantic Versioning 2.0.0, in one key that a database sorts by.

What both can read means the same to both, but for two things: 1.2.3-1 comes before 1.2.3 to SemVer and after it to PEP 440, and here
SemVer is right; rc10 comes before rc2 to SemVer, which compares words, and here PEP 440 is right.
"""

from collections.abc import Iterable

from packaging.version import InvalidVersion
from packaging.version import Version as Pep440
from semver import Version as SemVer

KEY_LENGTH = 400
LONGEST_NUMBER = 18  # digits: a date and time with seconds, and more than any counter
PHASES = {"a": "alpha", "b": "beta", "rc": "rc"}
END, NUMBER, WORD = b"\x00", b"\x01", b"\x02"
ONLY_DEVELOPMENT, BEFORE, FINAL = b"\x01", b"\x02", b"\x03"
Part = int | str


class NotAVersion(ValueError):
    """Neither SemVer nor PEP 440; the message is a sentence for whoever typed it."""

    def __init__(self, typed: str) -> None:
        super().__init__(f"“{typed}” is no version: write numbers with dots, such as 2.1, and -beta.1 or rc1 for what comes before it.")


def key_of(version: str) -> str:
    """A text that sorts as the version does, in any collation: hexadecimal digits alone. Raises NotAVersion.

    Versions that mean the same, such as 1.0 and 1.0.0, have the same key.
    """
    if version != version.strip() or not version.isascii() or longest_number(version) > LONGEST_NUMBER:
        raise NotAVersion(version)
    as_pep440, as_semver = read_pep440(version), read_semver(version)
    if as_pep440 and not (as_semver and as_pep440.is_postrelease):
        return pep440_key(as_pep440).hex()
    if as_semver:
        return semver_key(as_semver).hex()
    raise NotAVersion(version)


def read_pep440(version: str) -> Pep440 | None:
    try:
        return Pep440(version)
    except InvalidVersion:
        return None


def read_semver(version: str) -> SemVer | None:
    try:
        return SemVer.parse(version)
    except ValueError:
        return None


def semver_key(version: SemVer) -> bytes:
    numbers = numbers_key(0, (version.major, version.minor, version.patch))
    if not version.prerelease:
        return numbers + FINAL + END + WORD + build_key(version.build)
    return numbers + BEFORE + parts_key(parts_of(version.prerelease)) + END + WORD + build_key(version.build)


def pep440_key(version: Pep440) -> bytes:
    """A post-release comes after what it follows, and a development release before it."""
    numbers = numbers_key(version.epoch, version.release)
    post = END if version.post is None else NUMBER + number_key(version.post)
    development = WORD if version.dev is None else NUMBER + number_key(version.dev)
    tail = post + development + build_key(version.local)
    if version.pre:
        phase, number = version.pre
        return numbers + BEFORE + parts_key((PHASES[phase], number)) + tail
    if version.post is None and version.dev is not None:
        return numbers + ONLY_DEVELOPMENT + tail
    return numbers + FINAL + tail


def numbers_key(epoch: int, release: Iterable[int]) -> bytes:
    """Epoch and release without the zeros at the end, for 1.0 and 1.0.0 are one version."""
    numbers = list(release)
    while len(numbers) > 1 and numbers[-1] == 0:
        numbers.pop()
    return number_key(epoch) + b"".join(number_key(number) for number in numbers) + END


def number_key(number: int) -> bytes:
    """Its length first, so that 10 comes after 9."""
    digits = number.to_bytes(max(1, (number.bit_length() + 7) // 8), "big")
    return bytes([len(digits)]) + digits


def parts_key(parts: Iterable[Part]) -> bytes:
    """Numbers before words, and fewer parts before more (SemVer, 11.4)."""
    keys = (NUMBER + number_key(part) if isinstance(part, int) else WORD + part.encode() + END for part in parts)
    return b"".join(keys) + END


def build_key(build: str | None) -> bytes:
    """What stands behind a plus. Here PEP 440 has words before numbers; SemVer sees no order, and any one does."""
    keys = (WORD + number_key(part) if isinstance(part, int) else NUMBER + part.encode() + END for part in parts_of(build))
    return b"".join(keys) + END


def parts_of(text: str | None) -> list[Part]:
    """The identifiers between the dots."""
    return [int(part) if part.isdecimal() else part for part in text.split(".")] if text else []


def longest_number(version: str) -> int:
    """Digits of its longest number."""
    return max(len(run) for run in "".join(char if char.isdecimal() else " " for char in version).split(" "))
