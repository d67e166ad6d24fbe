"""How an unlock code looks: prefix, then four groups of five symbols of Crockford's base 32; the last two are a check.

    NTBK-7K3QX-9MPRT-W2HVC-4DF0N

Ninety random bits. The check finds every single wrong symbol and every exchange of two neighbours, in the prefix too.
Typing is forgiven: case, spaces and dashes do not matter, O is read as 0, and I and L are read as 1.
"""

import secrets
from hashlib import sha256

SYMBOLS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LOOK_ALIKES = str.maketrans("OIL", "011")
RANDOM_LENGTH, CHECK_LENGTH, GROUP = 18, 2, 5
BLANK_MARK, BLANK_DIGITS = "#", 32
BODY_LENGTH = RANDOM_LENGTH + CHECK_LENGTH
MODULUS = 1021  # the largest prime that two symbols can count to


class NotAnUnlockCode(ValueError):
    """What was typed cannot be an unlock code; the message says why."""


def new_code(prefix: str) -> str:
    """A new random code with the product's prefix."""
    body = "".join(secrets.choice(SYMBOLS) for _position in range(RANDOM_LENGTH))
    return formatted(prefix, body + check_symbols(prefix + body))


def normalised(typed: str) -> str:
    """The code in its one written form; NotAnUnlockCode if it cannot be one."""
    symbols = "".join(filter(str.isalnum, typed.upper())).translate(LOOK_ALIKES)
    prefix, body = symbols[:-BODY_LENGTH], symbols[-BODY_LENGTH:]
    if not prefix or not set(symbols) <= set(SYMBOLS):
        raise NotAnUnlockCode("An unlock code has a prefix and four groups of five letters and digits.")
    if check_symbols(prefix + body[:RANDOM_LENGTH]) != body[RANDOM_LENGTH:]:
        raise NotAnUnlockCode("A letter or digit is wrong: the code does not pass its own check.")
    return formatted(prefix, body)


def digest_of(code: str) -> str:
    """What stands for a code where the code itself must not stand: the SHA-256 of its one written form, in hexadecimal digits.

    With ninety random bits behind it, nobody finds the code by trying.
    """
    return sha256(code.encode()).hexdigest()


def blank_of(code: str) -> str:
    """What stands in the place of a code whose owner was erased: found by whoever has the code, and read by nobody."""
    return f"{BLANK_MARK}{digest_of(code)[:BLANK_DIGITS]}"


def formatted(prefix: str, body: str) -> str:
    return "-".join([prefix, *(body[start : start + GROUP] for start in range(0, BODY_LENGTH, GROUP))])


def check_symbols(symbols: str) -> str:
    """Two symbols: the number that `symbols` write in base 32, shifted by two places, modulo 1021."""
    number = 0
    for symbol in symbols:
        number = (number * 32 + SYMBOLS.index(symbol)) % MODULUS
    high, low = divmod(number * 1024 % MODULUS, 32)
    return SYMBOLS[high] + SYMBOLS[low]
