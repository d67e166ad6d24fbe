"""Payment details are dropped before anything is stored or logged, even if a partner sends them by mistake (promise G5).

Three nets: names under which partners send them, digits that are a card number (Luhn, ISO/IEC 7812-1), and account numbers
that pass the check of ISO 13616 (IBAN). A number is replaced by a keyed digest, so that two notifications that carry the same
one still carry the same word, and nobody can compute the number back.

PostgreSQL takes neither NUL nor lone surrogates in text, so they go in the same walk.
"""

import math
import re
from itertools import accumulate
from typing import Any

from django.conf import settings
from django.utils.crypto import salted_hmac

DEEPEST = 32

# Names are compared in lower case without punctuation: `card[visual]`, `creditCardExpDate` and `payment_method_details` are all caught.
PAYMENT_PREFIXES = ("card", "creditcard", "debitcard", "bankaccount", "iban", "cvv", "cvc")
PAYMENT_NAMES = {
    "accountholder",
    "accountnumber",
    "bankname",
    "bic",
    "expdate",
    "expirydate",
    "methoddetails",
    "pan",
    "payment",
    "paymentcard",
    "paymentdetails",
    "paymentmethod",
    "paymentmethoddetails",
    "payments",
    "routingnumber",
    "sortcode",
    "swift",
}

SEPARATORS = r"[\s.\-\u2010-\u2015\u2212]{0,3}"
DIGIT_RUN = re.compile(rf"\d(?:{SEPARATORS}\d){{12,}}")
DIGITS = re.compile(r"\d+")
# Four groups of four are looked at whatever stands between them, if it is no letter or digit: columns, lines, stars, marks that nobody sees.
SPREAD = re.compile(r"(?<!\d)\d{4}(?:(?:%20|[^A-Za-z0-9]){1,40}\d{4}){3}(?!\d)")
SHORTEST_CARD, LONGEST_CARD = 13, 19
IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?:[A-Z0-9]{11,30}|(?: [A-Z0-9]{4}){2,7}(?: [A-Z0-9]{1,3})?)\b", re.IGNORECASE | re.ASCII)
REFUSED_BY_POSTGRESQL = re.compile("[\x00\ud800-\udfff]")


class TooDeep(ValueError):
    """The value is nested deeper than any partner's is."""


def without_card_data(value: Any, depth: int = 0) -> Any:
    """The same value (of JSON's types) without payment details, names and numbers alike."""
    if depth > DEEPEST:
        raise TooDeep(f"nested deeper than {DEEPEST} levels")
    if isinstance(value, dict):
        return {clean_text(key): without_card_data(item, depth + 1) for key, item in value.items() if not names_payment(key)}
    if isinstance(value, list):
        return [without_card_data(item, depth + 1) for item in value]
    if isinstance(value, str):
        return clean_text(value)
    return clean_number(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def names_payment(key: str) -> bool:
    """Whether a partner sends payment details under this name."""
    bare = re.sub(r"[\W_]", "", key).lower()
    return bare in PAYMENT_NAMES or bare.startswith(PAYMENT_PREFIXES)


def clean_text(text: str) -> str:
    text = REFUSED_BY_POSTGRESQL.sub(lambda match: "" if match[0] == "\x00" else "\ufffd", text)
    text = IBAN.sub(lambda match: without_iban(match[0]), text)
    return SPREAD.sub(lambda match: without_spread(match[0]), DIGIT_RUN.sub(lambda match: without_cards(match[0]), text))


def clean_number(number: float) -> float | str:
    """The number, or a word in its place if it is a card number, with or without a fraction."""
    plain = f"{number:.0f}" if isinstance(number, float) and math.isfinite(number) else str(number)
    for text in (str(number), plain):
        if (clean := clean_text(text)) != text:
            return clean
    return number


def without_cards(run: str) -> str:
    """Replace each card number in a run of digits and separators; one may begin and end wherever a group of digits does."""
    groups = [match.span() for match in DIGITS.finditer(run)]
    check = LuhnCheck(digits_of(run), list(accumulate((end - start for start, end in groups), initial=0)))
    kept, position, first = "", 0, 0
    while first < len(groups):
        last = check.end_of_card(first)
        if last is None:
            first += 1
            continue
        start, end = groups[first][0], groups[last][1]
        kept += run[position:start] + stand_in(run[start:end])
        position, first = end, last + 1
    return kept + run[position:]


def without_spread(text: str) -> str:
    """The word for it if the four groups are a card number."""
    digits = digits_of(text.replace("%20", " "))
    return stand_in(digits) if LuhnCheck(digits, [0, len(digits)]).passes(0, len(digits)) else text


class LuhnCheck:
    """The check of ISO/IEC 7812-1 (every second digit from the right counts double) for any stretch of a run of digits.

    Sums are made once for the whole run, so that a long run of junk costs no more than its length. `bounds` are the places
    between the groups of digits.
    """

    def __init__(self, digits: str, bounds: list[int]) -> None:
        plain = [int(digit) for digit in digits]
        doubled = [sum(divmod(digit * 2, 10)) for digit in plain]
        self.bounds = bounds
        self.sums = [
            list(accumulate((pair[(place + odd) % 2] for place, pair in enumerate(zip(plain, doubled, strict=True))), initial=0))
            for odd in (0, 1)
        ]

    def passes(self, start: int, end: int) -> bool:
        sums = self.sums[(end - 1) % 2]
        return (sums[end] - sums[start]) % 10 == 0

    def end_of_card(self, first: int) -> int | None:
        """The last group of the longest card number that begins with group `first`; None if none does."""
        start = self.bounds[first]
        for last in reversed(range(first, min(first + LONGEST_CARD, len(self.bounds) - 1))):
            end = self.bounds[last + 1]
            if SHORTEST_CARD <= end - start <= LONGEST_CARD and self.passes(start, end):
                return last
        return None


def without_iban(text: str) -> str:
    """Replace the text if it is an IBAN: its check number makes it 1 modulo 97. Words that follow it may have been caught with it."""
    groups = text.split(" ")
    for length in range(len(groups), 0, -1):
        account = "".join(groups[:length])
        if len(account) >= 15 and int("".join(str(int(sign, 36)) for sign in account[4:] + account[:4])) % 97 == 1:
            return " ".join([stand_in(account), *groups[length:]])
    return text


def digits_of(text: str) -> str:
    return "".join(str(int(sign)) for sign in text if sign.isdecimal())


def stand_in(number: str) -> str:
    """A word that is the same for the same text: two order references that look like card numbers stay two, and for years."""
    return f"removed-{salted_hmac('purchases.card_data', number, settings.REMOVED_NUMBERS_KEY, algorithm='sha256').hexdigest()[:12]}"
