"""What is kept for a short while is gone after it, whether or not anybody asks."""

import time

import pytest

from infacta.kept import Kept


def gone(store: Kept[str]) -> bool:
    """Whether the store empties itself, untouched."""
    deadline = time.monotonic() + 20
    while store.values and time.monotonic() < deadline:
        time.sleep(0.01)
    return not store.values


def test_a_value_is_found_and_forgotten_untouched():
    store: Kept[str] = Kept(0.7)
    for _round in range(2):
        store.put("a", "code")
        assert store.get("a") == "code"
        assert gone(store)
        assert store.get("a") is None


def test_values_put_one_after_the_other_all_go():
    store: Kept[str] = Kept(0.7)
    for number in range(5):
        store.put(str(number), "x")
        time.sleep(0.03)
    store.put("0", "again")
    assert store.get("0") == "again"
    assert gone(store)


def test_there_are_never_too_many():
    store: Kept[str] = Kept(60, most=3)
    for number in range(5):
        store.put(str(number), "x")
    assert list(store.values) == ["2", "3", "4"]
    store.clear()


@pytest.mark.django_db
def test_unlock_codes_do_not_outstay_the_promise(alice, alices, monkeypatch):
    from downloads import cards
    from tests.customer import log_in

    short: Kept[str] = Kept(1.5)
    monkeypatch.setattr(cards, "kept", short)
    log_in(alice).get("/resources/")
    assert alices.unlock_codes.get().code in str(short.values)
    assert gone(short)
