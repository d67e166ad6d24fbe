"""Unlock codes: forgiving to type, hard to mistype."""

import re
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from downloads.unlock_code_format import SYMBOLS, NotAnUnlockCode, new_code, normalised
from tests.server import ROOT
from tests.staff import staff_log_in

PREFIXES = st.sampled_from(["NTE", "NTBK", "MAR", "A2"])


@given(PREFIXES)
def test_a_code_is_its_own_normal_form(prefix):
    code = new_code(prefix)
    assert code.startswith(prefix + "-")
    assert normalised(code) == code


@given(PREFIXES, st.randoms())
def test_typing_is_forgiven(prefix, random):
    code = new_code(prefix)
    typed = "".join(random.choice([symbol, symbol.lower(), f" {symbol}"]) for symbol in code.replace("-", random.choice(["-", " ", ""])))
    typed = typed.replace("0", random.choice("0Oo")).replace("1", random.choice("1IlL"))
    assert normalised(typed) == code


@given(PREFIXES, st.integers(0, 100), st.sampled_from(SYMBOLS))
def test_one_wrong_symbol_is_always_found(prefix, position, symbol):
    code = new_code(prefix)
    symbols = code.replace("-", "")
    position %= len(symbols)
    if symbols[position] == symbol:
        return
    with pytest.raises(NotAnUnlockCode):
        normalised(symbols[:position] + symbol + symbols[position + 1 :])


@given(PREFIXES, st.integers(0, 100))
def test_two_neighbours_exchanged_are_always_found(prefix, position):
    symbols = list(new_code(prefix).replace("-", ""))
    position %= len(symbols) - 1
    if symbols[position] == symbols[position + 1]:
        return
    symbols[position], symbols[position + 1] = symbols[position + 1], symbols[position]
    with pytest.raises(NotAnUnlockCode):
        normalised("".join(symbols))


@given(st.text(max_size=60))
def test_any_text_is_a_code_or_is_refused(text):
    with suppress(NotAnUnlockCode):
        assert normalised(normalised(text)) == normalised(text)


def test_every_example_of_a_code_is_one():
    texts = [*(ROOT / "docs").rglob("*.md"), *(ROOT / "downloads").rglob("*.py")]
    shown = {code for path in texts for code in re.findall(r"\bNTBK(?:-[A-Z0-9]+)+", path.read_text())}
    assert shown
    assert all(normalised(code) == code for code in shown), shown


def test_codes_do_not_repeat():
    assert len({new_code("NTE") for _number in range(10_000)}) == 10_000


@pytest.mark.django_db
def test_staff_find_a_code_however_it_is_read_out(ada, alices, bobs):
    code = alices.unlock_codes.get().code
    client = staff_log_in(ada)
    for typed in (code, code.lower().replace("-", " "), code.replace("0", "O").replace("1", "l")):
        page = client.get("/staff/downloads/unlockcode/", {"q": typed}).content.decode()
        assert code in page
        assert bobs.unlock_codes.get().code not in page
