"""How promotional codes look.

A single-use code is the tag of its batch, ten random symbols of Crockford's base 32 and two that check all of it: `SPR-7K3Q-X9MP-RT4D`. A shared
code is a word that staff choose, of at most twelve symbols, without a check: `WELCOME26`.
Typing is forgiven: case, spaces and dashes do not matter, O is read as 0, and I and L are read as 1.
"""

import secrets
from collections.abc import Iterator
from hashlib import sha256

from downloads.unlock_code_format import LOOK_ALIKES, MODULUS, SYMBOLS, check_symbols

RANDOM_LENGTH, CHECK_LENGTH, GROUP = 10, 2, 4
BODY_LENGTH = RANDOM_LENGTH + CHECK_LENGTH
SHORTEST, LONGEST_SHARED, LONGEST_TAG = 4, 12, 8
LONGEST = LONGEST_TAG + BODY_LENGTH
BITS = 5 * RANDOM_LENGTH
SHIFTS = range(BITS - 10, -1, -10)
PAIRS = [first + second for first in SYMBOLS for second in SYMBOLS]
TO_DIGITS = str.maketrans(SYMBOLS, "0123456789abcdefghijklmnopqrstuv")


class NotAPromoCode(ValueError):
    """What was typed cannot be a promotional code; the message says why."""


def normalised(typed: str) -> str:
    """The symbols alone, in capitals; NotAPromoCode if it cannot be a code, or does not pass its own check."""
    symbols = "".join(filter(str.isalnum, typed.upper())).translate(LOOK_ALIKES)
    if not SHORTEST <= len(symbols) <= LONGEST or not set(symbols) <= {*SYMBOLS, "U"}:
        raise NotAPromoCode("A code has 4 to 20 letters and digits.")
    if len(symbols) > LONGEST_SHARED and (("U" in symbols) or check_symbols(symbols[:-CHECK_LENGTH]) != symbols[-CHECK_LENGTH:]):
        raise NotAPromoCode("A letter or digit is wrong: the code does not pass its own check.")
    return symbols


def is_word(symbols: str) -> bool:
    """Whether it is so short that it can only be a shared word: what fifty random bits do not protect from guessing."""
    return len(symbols) <= LONGEST_SHARED


def tags_that_may_be_of(typed: str) -> list[str]:
    """With what tags a single-use code may begin of which something like this was typed; [] if it is not long enough for one."""
    symbols = "".join(filter(str.isalnum, typed.upper())).translate(LOOK_ALIKES)
    longest = min(LONGEST_TAG, len(symbols) - LONGEST_SHARED + 1)
    return [symbols[:length] for length in range(1, longest + 1)]


def new_codes(tag: str, number: int) -> Iterator[str]:
    """So many random codes of a batch, as symbols alone.

    The random part is drawn as one number of fifty bits and written two symbols at a time; the check of what `tag` and it write is
    counted from the numbers (downloads.unlock_code_format.check_symbols says how), so that a million are made in seconds.
    """
    before = number_of(tag) << BITS
    for _time in range(number):
        drawn = secrets.randbits(BITS)
        body = "".join([PAIRS[drawn >> shift & 1023] for shift in SHIFTS])
        yield f"{tag}{body}{PAIRS[((before + drawn) << 10) % MODULUS]}"


def number_of(symbols: str) -> int:
    """The number that symbols write in base 32."""
    return int("0" + symbols.translate(TO_DIGITS), 32)


def shown(symbols: str) -> str:
    """A code as people read it: in groups, behind the tag."""
    if len(symbols) <= LONGEST_SHARED:
        return symbols
    tag, body = symbols[:-BODY_LENGTH], symbols[-BODY_LENGTH:]
    return "-".join([tag, *(body[start : start + GROUP] for start in range(0, BODY_LENGTH, GROUP))])


def digest_of(symbols: str) -> str:
    """By what a code is looked up: the SHA-256 of its symbols. Behind a single-use code stand fifty random bits."""
    return sha256(symbols.encode()).hexdigest()
