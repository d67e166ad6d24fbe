"""What counts as payment details, and what does not (promise G5)."""

import re
from itertools import cycle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacy.card_data import clean_text, names_payment, without_card_data

VISA, AMEX, MAESTRO = "4111111111111111", "378282246310005", "6759649826438453"
VISA_13, VISA_19 = "4222222222222", "4000000000000000006"
IBAN = "GB82WEST12345698765432"


def has_check_digit(number: str) -> bool:
    """ISO/IEC 7812-1, read afresh: the tables of doubled digits beside the plain ones."""
    return (
        sum(int("0123456789"[int(d)] if odd else "0246813579"[int(d)]) for d, odd in zip(reversed(number), cycle((True, False)))) % 10 == 0
    )


@pytest.mark.parametrize("number", [VISA, AMEX, MAESTRO, VISA_13, VISA_19])
@pytest.mark.parametrize(
    "text",
    ["{}", "card {} please", "x{}y", "{}, {}", "2 {}", "{} 12/27", "order-7-{}-9", "\n{}\t", "€{}"],
)
def test_a_card_number_anywhere_in_a_text_goes(number, text):
    clean = clean_text(text.replace("{}", number))
    assert number not in clean
    assert "removed-" in clean


@pytest.mark.parametrize(
    "written",
    ["4111 1111 1111 1111", "4111-1111-1111-1111", "4111.1111.1111.1111", "4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1", "4111 - 1111 - 1111 - 1111",
     "4111\u00a01111\u00a01111\u00a01111", "4111–1111–1111–1111", "٤١١١١١١١١١١١١١١١"],
)  # fmt: skip
def test_however_it_is_written_it_goes(written):
    assert re.fullmatch(r"removed-[0-9a-f]{12}", clean_text(written))


def test_order_references_that_look_like_cards_stay_two_and_outlive_the_secret_key(settings):
    assert clean_text("4111-1111-1111-1111") != clean_text("41111111-1111-1111")
    before = clean_text(VISA)
    settings.SECRET_KEY = "another one"
    assert clean_text(VISA) == before


@pytest.mark.parametrize("sign", ["ı", "ſ", "\u212a"])
def test_letters_that_only_look_like_latin_ones_break_nothing(sign):
    assert clean_text(f"GB82WEST1234569876543{sign}").endswith(sign)


@pytest.mark.parametrize("number", [int(VISA), float(VISA), -int(VISA), 0.4111111111111111])
def test_numbers_of_json_are_looked_at_too(number):
    assert "removed-" in without_card_data(number)


@pytest.mark.parametrize("text", [IBAN, IBAN.lower(), "GB82 WEST 1234 5698 7654 32", f"IBAN: {IBAN}.", "DE89 3704 0044 0532 0130 00 BANK"])
def test_account_numbers_go(text):
    assert "removed-" in clean_text(text)
    assert "5698" not in clean_text(text)
    assert "0532" not in clean_text(text)


@pytest.mark.parametrize(
    "text",
    ["4111111111111112", "411111111111", "+353 91 555 012", "2026-01-02T03:04:05Z", "INV-2026-000123", "19.90", "GB82WEST12345698765433",
     "203.0.113.255", "A" * 40, "12345678901234567890123", "", "Archer & Daughters, 12 Quay Street"],
)  # fmt: skip
def test_what_is_none_stays(text):
    assert clean_text(text) == text


@pytest.mark.parametrize(
    "name",
    ["card", "card[visual]", "cardEnding", "creditCardLastFourDigits", "creditCardExpDate", "creditCardType", "method_details", "CVV2",
     "payment_method_details", "payments", "iban", "bank_account_number", "Card-Number", "card_holder"],
)  # fmt: skip
def test_names_that_partners_use_go_at_any_depth(name):
    assert names_payment(name)
    assert without_card_data({"a": [{name: "1111", "kept": 1}]}) == {"a": [{"kept": 1}]}


@pytest.mark.parametrize(
    "name",
    [
        "order_reference",
        "accountId",
        "addCD",
        "company",
        "panels",
        "postal_code",
        "couponCode",
        "invoiceChargeAmount",
        "discard",
        "country",
    ],
)
def test_names_of_other_things_stay(name):
    assert not names_payment(name)


def test_names_are_cleaned_as_texts_are():
    assert list(without_card_data({VISA: 1})) == [clean_text(VISA)]


def test_two_cards_are_two_words():
    assert clean_text(VISA) != clean_text(AMEX)
    assert clean_text(f"{VISA} {AMEX}") == f"{clean_text(VISA)} {clean_text(AMEX)}"


@given(st.text())
def test_texts_are_fit_for_postgresql_and_stay_clean(text):
    clean = clean_text(text)
    assert "\x00" not in clean
    clean.encode()
    assert clean_text(clean) == clean


@given(st.integers(10**11, 10**18 - 1), st.text(alphabet="abc ,:", max_size=5), st.text(alphabet="abc ,:", max_size=5))
def test_every_number_with_a_check_digit_goes(number, before, after):
    check = next(digit for digit in "0123456789" if has_check_digit(f"{number}{digit}"))
    assert f"{number}{check}" not in clean_text(f"{before}{number}{check}{after}")


@pytest.mark.parametrize("between", ["     ", "\n        ", " * ", "_", "/", ", ", "%20", "\u200b", "\u00ad", "·", "-- "])
def test_four_groups_of_four_go_whatever_stands_between_them(between):
    written = between.join(["4111", "1111", "1111", "1111"])
    assert "1111" not in clean_text(f"paid with {written}, thank you")
    assert clean_text(between.join(["4111", "1111", "1111", "1112"])) == between.join(["4111", "1111", "1111", "1112"])
