"""Amounts as partners write them, rounded as their currency is."""

import math
import re
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from purchases.partners.base import Refused

LARGEST = Decimal("9999999999.99")
CENT, UNIT = Decimal("0.01"), Decimal(1)
# ISO 4217: currencies without a smaller unit. Those with three decimals are rounded to two: the columns hold no more.
WITHOUT_CENTS = frozenset(
    ("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF")
)


def currency_of(value: Any, name: str = "currency") -> str:
    """The three letters of a currency, whatever their case; "" if nothing is said. No list is kept: new ones come."""
    if value in (None, ""):
        return ""
    if not isinstance(value, str) or not re.fullmatch(r"[A-Za-z]{3}", value):
        raise Refused(f"{name} is not the three letters of a currency.")
    return value.upper()


def in_units(value: Any, name: str, currency: str) -> Decimal | None:
    """An amount in whole units of the currency, such as 19.9; None if nothing is said."""
    return None if value in (None, "") else rounded(checked(value, name), currency)


def in_minor_units(value: Any, name: str, decimals: int) -> Decimal | None:
    """An amount in the smallest units, a number or a text of digits; None where nothing is said.

    We keep two decimals. A third one is rounded, here for purchases and refunds alike, so that both can be compared.
    """
    if value is None:
        return None
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,15}", value):
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 10**15:
        raise Refused(f"{name} is not an amount in minor units.")
    found = Decimal(value).scaleb(-decimals).quantize(CENT)
    if found > LARGEST:
        raise Refused(f"{name} is more than ten digits.")
    return found


def in_cents(value: Any, name: str) -> Decimal | None:
    """An amount in hundredths; None if nothing is said."""
    return None if value in (None, "") else rounded(checked(value, name) / 100)


def of_each(amount: Decimal | None, quantity: int) -> Decimal | None:
    """The price of one unit of so many. It may have cents where the currency has none."""
    return None if amount is None else rounded(amount / quantity)


def checked(value: Any, name: str) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | float | str) or (isinstance(value, float) and not math.isfinite(value)):
        raise Refused(f"{name} is not an amount.")
    text = str(value)
    if len(text) > 30 or not text.isascii():
        raise Refused(f"{name} is not an amount.")
    try:
        amount = Decimal(text)
    except InvalidOperation as error:
        raise Refused(f"{name} is not an amount.") from error
    if not amount.is_finite() or not 0 <= amount <= LARGEST:
        raise Refused(f"{name} is less than nothing, or more than ten digits.")
    return amount


def rounded(amount: Decimal, currency: str = "") -> Decimal:
    return amount.quantize(UNIT if currency in WITHOUT_CENTS else CENT, ROUND_HALF_UP)
