"""Each detector fires at its threshold and not just below it, and honest people who look alike are let be."""

from datetime import timedelta

import pytest

from accounts.audit_windows import DETECTORS_OF, NETWORK_KINDS
from accounts.detectors import BY_SLUG, DETECTORS
from accounts.detectors.base import sliding
from accounts.detectors.scores import HOLD_AT, REVIEW_AT
from tests.accounts.detecting import BEGIN, BROWSERS, event, failure, far, login, score, strongest, taken

DAY = 24 * 60
networks, browsers, simultaneous = BY_SLUG["many_networks"], BY_SLUG["many_browsers"], BY_SLUG["simultaneous_use"]
burst, churn = BY_SLUG["download_burst"], BY_SLUG["allowance_churn"]
guessing, guessers = BY_SLUG["guessing_account"], BY_SLUG["guessing_network"]


# Many networks: addresses alone


@pytest.mark.parametrize(("many", "expected"), [(4, 0), (5, 20), (7, 40), (10, 60), (40, 60)])
def test_many_networks_within_a_day(many, expected):
    assert score(networks, [login(number * 30, far(number)) for number in range(many)]) == expected


def test_networks_are_counted_within_the_window_to_the_second():
    within = [login(number * 360, far(number)) for number in range(5)]
    assert score(networks, within) == 20
    late = [*within[:4], login(4 * 360 + 1 / 60, far(4))]
    assert score(networks, late) == 0


def test_one_browser_that_moves_is_one_person():
    """A laptop on a journey, or behind a VPN: it carries its greeting cookie along."""
    assert score(networks, [login(number * 30, far(number), known=True) for number in range(20)]) == 0


def test_addresses_of_one_provider_are_one_network():
    assert score(networks, [login(number, f"20.1.{number}.7") for number in range(20)]) == 0
    assert score(networks, [login(number, f"2001:db8:{number:x}::1") for number in range(20)]) == 0


# Shared log-on: kinds of browser and networks


def strangers(many: int, kinds: int, apart: float = 60) -> list:
    return [login(number * apart, far(number), BROWSERS[number % kinds]) for number in range(many)]


@pytest.mark.parametrize(("kinds", "expected"), [(4, 0), (5, 20), (6, 40), (7, 70), (8, 100)])
def test_as_many_kinds_of_new_browsers_as_networks(kinds, expected):
    assert score(browsers, strangers(12, kinds)) == expected


@pytest.mark.parametrize(("pairs", "expected"), [(8, 70), (9, 70), (10, 100)])
def test_few_pairs_of_network_and_browser_weigh_less(pairs, expected):
    assert score(browsers, strangers(pairs, 8)) == expected


def test_addresses_alone_are_no_shared_log_on():
    assert score(browsers, strangers(60, 1)) == 0


def test_browsers_alone_are_no_shared_log_on():
    """Somebody who tests with ten browsers at home, in private windows."""
    assert score(browsers, [login(number, far(0), BROWSERS[number % 10]) for number in range(60)]) == 0


def test_a_family_at_home_is_no_shared_log_on():
    """Six kinds of browser and no cookies, two of them on the way now and then: four networks."""
    home = [login(number * 700, far(0), BROWSERS[number % 6]) for number in range(40)]
    away = [login(number * 900 + 5, far(1 + number % 3), BROWSERS[number % 2]) for number in range(20)]
    assert score(browsers, home + away) == 0


def test_strangers_more_than_a_month_apart_are_not_added_up():
    assert score(browsers, strangers(12, 8, apart=3 * DAY)) == 100
    assert score(browsers, strangers(12, 8, apart=7 * DAY)) == 20


def test_what_nobody_noted_counts_as_known():
    old = [event(number, "login.succeeded", far(number), device=BROWSERS[number % 8]) for number in range(20)]
    assert score(browsers, old) == 0


# Simultaneous use


def in_turns(places: int, kinds: int, rounds: int = 2, apart: float = 10) -> list:
    """Each place again and again, in turns, by browsers that are all known by now."""
    order = list(range(places)) * rounds
    return [login(number * apart, far(place), BROWSERS[place % kinds], known=True) for number, place in enumerate(order)]


@pytest.mark.parametrize(("places", "expected"), [(3, 0), (4, 20), (5, 40), (6, 70), (8, 100)])
def test_networks_far_apart_that_take_turns(places, expected):
    assert score(simultaneous, in_turns(places, places)) == expected


def test_it_says_what_it_saw():
    sign = strongest(simultaneous, in_turns(6, 6))
    assert sign.explanation == "6 networks far apart and 6 kinds of browser within 6 hours, switching 11 times and returning 6 times."
    assert sign.evidence["switches"] == 11
    assert sign.evidence["listed_browsers"] == list(BROWSERS[:6])
    assert sign.evidence["listed_networks"][0] == "20.0.0.0/16"
    assert (sign.first_at, sign.last_at) == (BEGIN, BEGIN + timedelta(minutes=110))


def test_one_after_the_other_is_a_journey_and_not_simultaneous():
    assert score(simultaneous, in_turns(8, 8, rounds=1)) == 0


def test_desk_and_phone_take_turns_all_day():
    """A desk at home, and a phone on a carrier that gives it another network each time: two browsers."""
    day = [login(n * 9, far(0) if n % 2 else far(n), BROWSERS[n % 2], known=True) for n in range(80)]
    assert score(simultaneous, day) == 0


def test_turns_over_days_are_not_simultaneous():
    assert score(simultaneous, in_turns(8, 8, apart=200)) == 0


def test_a_download_shows_that_somebody_is_still_there():
    places = [login(number * 5, far(number), BROWSERS[number], known=True) for number in range(6)]
    assert score(simultaneous, places) == 0
    assert score(simultaneous, [*places, taken(40, "a.zip", far(0))]) == 70


# Downloads


@pytest.mark.parametrize(("many", "expected"), [(9, 0), (10, 20), (15, 40), (30, 60)])
def test_a_burst_of_downloads(many, expected):
    assert score(burst, [taken(number, f"{number}.zip") for number in range(many)]) == expected


def test_the_same_downloads_over_a_day_are_no_burst():
    assert score(burst, [taken(number * 30, f"{number}.zip") for number in range(30)]) == 0


@pytest.mark.parametrize(("times", "expected"), [(9, 0), (10, 20), (20, 40)])
def test_the_same_file_again_and_again(times, expected):
    assert score(churn, [taken(number * DAY, "a.zip") for number in range(times)]) == expected


def test_other_files_are_other_files():
    assert score(churn, [taken(number * 60, f"{number}.zip") for number in range(40)]) == 0


@pytest.mark.parametrize(("returned", "expected"), [(0, 20), (1, 0), (3, 0)])
def test_what_was_given_back_was_not_paid_for(returned, expected):
    same = [taken(number * DAY, "a.zip") for number in range(10)]
    back = [event(number * DAY + 5, "download.returned", far(0), file="a.zip") for number in range(returned)]
    others = [event(number * DAY + 6, "download.returned", far(0), file="b.zip") for number in range(3)]
    assert score(churn, [*same, *back, *others]) == expected


@pytest.mark.parametrize(("days", "expected"), [(5, 0), (6, 20), (12, 40)])
def test_refused_on_many_days(days, expected):
    refused = [event(day * DAY + n, "download.refused", far(0), reason="nothing_left") for day in range(days) for n in range(3)]
    assert score(churn, refused) == expected


def test_a_refusal_for_another_reason_does_not_count():
    assert score(churn, [event(day * DAY, "download.refused", far(0), reason="missing") for day in range(20)]) == 0


@pytest.mark.parametrize(("times", "expected"), [(4, 0), (5, 20), (8, 40)])
def test_staff_have_to_add_downloads(times, expected):
    others = [taken(number, f"{number}.zip") for number in range(4)]
    assert score(churn, [*others, *(event(n * DAY, "entitlement.changed", downloads=3) for n in range(times))]) == expected


def test_three_scores_are_added_up():
    same = [taken(number * DAY, "a.zip") for number in range(10)]
    refused = [event(day * DAY + 5, "download.refused", far(0), reason="nothing_left") for day in range(8)]
    sign = strongest(churn, same + refused)
    assert (sign.score, sign.explanation) == (40, "Within 30 days: the same file was paid for 10 times; downloads were refused on 8 days.")
    assert strongest(churn, refused).explanation == "Within 30 days: downloads were refused on 8 days."


# Guessing


@pytest.mark.parametrize(("times", "expected"), [(9, 0), (10, 20), (20, 40), (60, 60)])
@pytest.mark.parametrize("kind", ["login.failed", "second_factor.failed"])
def test_guessing_at_one_account(times, expected, kind):
    assert score(guessing, [failure(number * 5, kind=kind) for number in range(times)]) == expected


def test_a_forgotten_password_is_no_guessing():
    assert score(guessing, [failure(number) for number in range(8)]) == 0


def test_a_guesser_who_gets_in_weighs_more():
    failures = [failure(number * 5, far(9)) for number in range(12)]
    assert score(guessing, [*failures, login(90, far(9))]) == 60
    assert score(guessing, [*failures, login(90, far(9), known=True)]) == 20, "the owner, in a browser of their own"
    assert score(guessing, [*failures, login(90, far(1))]) == 20, "the owner, from elsewhere"


@pytest.mark.parametrize(("accounts", "expected"), [(7, 0), (8, 20), (15, 40), (40, 60)])
def test_one_network_guesses_at_many_accounts(accounts, expected):
    assert score(guessers, [failure(number, user=number + 1) for number in range(accounts)]) == expected


def test_an_office_where_many_mistype_and_get_in_is_let_be():
    failures = [failure(number, user=number + 1) for number in range(20)]
    entered = [login(number + 0.5, far(9), user=number + 1, known=True) for number in range(20)]
    assert score(guessers, failures + entered) == 0


def test_guesses_at_addresses_that_nobody_has_count_too():
    assert score(guessers, [failure(number, user=None) for number in range(15)]) == 40


@pytest.mark.parametrize("slug", ["probing_account", "probing_network"])
@pytest.mark.parametrize("kind", ["unlock_code.refused", "promo_code.refused"])
@pytest.mark.parametrize(("times", "expected"), [(9, 0), (10, 20), (20, 40), (60, 60)])
def test_probing_of_codes(slug, kind, times, expected):
    assert score(BY_SLUG[slug], [event(number, kind, far(1)) for number in range(times)]) == expected


# What all have in common


def test_only_windows_with_new_events_are_judged():
    events = strangers(12, 8)
    assert strongest(browsers, events, start=12) is None
    later = [*events, login(60 * DAY, far(50))]
    assert strongest(browsers, later, start=12) is None
    assert strongest(browsers, events, start=11).score == 100, "older events count in the window of a new one"


def test_signs_rise_and_the_last_is_the_latest_of_the_strongest():
    signs = list(browsers.judge(strangers(20, 8), 0))
    assert [sign.score for sign in signs] == [20, 40, 70, 100, 100]
    assert signs[-1].last_at == BEGIN + timedelta(minutes=19 * 60)


def test_a_window_slides_over_every_event_once():
    events = [login(number, far(number % 3)) for number in range(100)]
    windows = [(len(seen), seen.distinct("regions")) for seen in sliding(events, 10, timedelta(minutes=5), {"regions": lambda e: e.region})]
    assert windows == [(6, 3)] * 90


@pytest.mark.parametrize("detector", DETECTORS, ids=lambda detector: detector.slug)
def test_nothing_of_an_unknown_address_or_an_empty_detail_breaks(detector):
    kinds = sorted(detector.kinds | detector.also)
    list(detector.judge([event(number, kinds[number % len(kinds)]) for number in range(200)], 0))
    assert list(detector.judge([], 0)) == []


@pytest.mark.parametrize("detector", DETECTORS, ids=lambda detector: detector.slug)
def test_what_outsiders_can_cause_never_leads_to_a_hold(detector):
    """Malicious lock-out: whoever does not know the password only makes failures. And addresses alone end no account."""
    outsiders = {"login.failed", "second_factor.failed", "unlock_code.refused", "promo_code.refused"}
    if detector.kinds & outsiders or detector.of_networks or detector.slug == "many_networks":
        assert not detector.may_hold


def test_those_that_may_hold_can_do_it_and_are_in_the_queue_before():
    assert {detector.slug for detector in DETECTORS if detector.may_hold} == {"many_browsers", "simultaneous_use"}
    assert score(browsers, strangers(12, 8)) == HOLD_AT
    assert score(browsers, strangers(12, 6)) == REVIEW_AT


def test_every_detector_says_what_it_is():
    assert len(BY_SLUG) == len(DETECTORS)
    for detector in DETECTORS:
        assert len(detector.slug) <= 40
        assert str(detector.sentence).endswith(".")
        assert str(detector.name)
    assert {kind for detector in DETECTORS for kind in detector.kinds | detector.also} == DETECTORS_OF.keys()
    assert "login.succeeded" not in NETWORK_KINDS
