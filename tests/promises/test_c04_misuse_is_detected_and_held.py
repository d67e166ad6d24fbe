"""C4: shared log-ons, breaches and misuse are detected, and an account can be put on hold or ended for them; the area is watched constantly.

From outside: people who log in from many places with many browsers, the sweep, and the door that is shut. How staff lift and close holds,
and how the customer appeals, is proved with C19.
"""

from datetime import timedelta

import pytest
from django.test import Client

from accounts.models import Hold, MisuseFinding
from accounts.tasks import detect_misuse
from audit.models import AuditEvent
from infacta.schedule import SWEEPS
from mailroom.models import OutgoingMail
from tests.cast import PASSWORD
from tests.customer import Browser, log_in, try_log_in
from tests.pages import words_of
from tests.staff import staff_log_in

pytestmark = pytest.mark.django_db

CHROME = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0.0.0"
USER_AGENTS = (
    f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {CHROME} Safari/537.36",
    f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {CHROME} Safari/537.36 Edg/139.0.0.0",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:141.0) Gecko/20100101 Firefox/141.0",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15",
    f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {CHROME} Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1",
    f"Mozilla/5.0 (Linux; Android 15; Pixel 9) {CHROME} Mobile Safari/537.36",
    "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:141.0) Gecko/20100101 Firefox/141.0",
    f"Mozilla/5.0 (X11; Linux x86_64) {CHROME} Safari/537.36",
    f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {CHROME} Safari/537.36 OPR/122.0.0.0",
)


def browser(number: int, place: int | None = None) -> Browser:
    """Somebody's browser, in a network of their own."""
    place = number if place is None else place
    return Browser(REMOTE_ADDR=f"20.{place + 1}.7.9", headers={"User-Agent": USER_AGENTS[number % len(USER_AGENTS)]})


@pytest.fixture
def posted_to_a_forum(alice) -> list[Client]:
    """Twelve strangers with Alice's password, after Alice herself."""
    log_in(alice)
    return [log_in(alice, browser(number)) for number in range(12)]


def test_c04_a_shared_log_on_is_detected_and_the_door_is_shut(alice, alices, notebook_file, posted_to_a_forum):
    owner = log_in(alice)
    location = owner.post(f"/resources/downloads/{alices.pk}/", {"file": notebook_file.pk})["Location"]
    detect_misuse()
    hold = Hold.objects.get()
    assert (hold.user, hold.is_automatic) == (alice, True)
    for client in (owner, *posted_to_a_forum):
        assert client.get("/resources/")["Location"].startswith("/resources/log-in/")
        assert client.get(location).status_code == 302, "a running download ends too"
    answer = try_log_in(alice.email, PASSWORD, browser(3))
    assert answer["Location"] == "/resources/log-in/held/"
    assert AuditEvent.objects.filter(kind="login.refused", user=alice).count() == 1


def test_c04_the_customer_is_told_in_plain_words_what_was_seen_and_what_to_do(alice, posted_to_a_forum):
    detect_misuse()
    mail = OutgoingMail.objects.get(cause=f"hold-placed:{Hold.objects.get().pk}")
    client = browser(3)
    try_log_in(alice.email, PASSWORD, client)
    for text in (mail.text, words_of(client.get("/resources/log-in/held/").content.decode())):
        said = " ".join(text.split())
        assert "10 kinds of browser that were new to the account logged in from 13 networks far apart" in said
        assert "If it was you alone, or if you do not know what happened, please tell us" in said
        assert "20.1.7.9" not in said
        assert "many_browsers" not in said


def test_c04_only_whoever_has_the_password_hears_of_the_hold(alice, posted_to_a_forum):
    detect_misuse()
    client = browser(4)
    answer = try_log_in(alice.email, "a wrong password", client)
    assert "hold" not in words_of(answer.content.decode())
    assert client.get("/resources/log-in/held/").status_code == 302


def test_c04_staff_see_what_it_rests_on(alice, ada, posted_to_a_forum):
    detect_misuse()
    finding = MisuseFinding.objects.get(detector="many_browsers")
    assert finding.state == "held"
    text = words_of(staff_log_in(ada).get(f"/staff/accounts/misusefinding/{finding.pk}/change/").content.decode())
    assert "10 kinds of browser that were new to the account logged in from 13 networks far apart" in text
    assert "Put on hold by the detectors." in text


def test_c04_customers_who_are_alike_are_let_be(alice, bob):
    """Alice has a desk, a phone that is in another network each time, and a laptop on a journey. Bob shows his family, at home."""
    desk, phone, laptop = browser(0), browser(5), browser(2)
    for number in range(12):
        for client in (desk, phone, laptop):
            client.defaults["REMOTE_ADDR"] = f"20.{number + 1 if client is not desk else 200}.7.9"
            log_in(alice, client)
    for number in range(8):
        log_in(bob, browser(number, place=77))
    detect_misuse()
    assert not Hold.objects.exists()
    assert not MisuseFinding.objects.exists()
    assert desk.get("/resources/").status_code == 200


def test_c04_nobody_is_shut_out_by_whoever_guesses_at_them(alice, settings):
    """A breach is tried: staff see it, and the owner goes on."""
    owner = log_in(alice)
    for number in range(45):
        try_log_in(alice.email, f"guess {number}", browser(number))
        AuditEvent.objects.create(kind="second_factor.failed", user=alice, ip=f"21.{number}.1.1")
    detect_misuse()
    assert MisuseFinding.objects.get(user=alice).detector == "guessing_account"
    assert not Hold.objects.exists()
    assert owner.get("/resources/").status_code == 200


def test_c04_a_network_that_tries_one_account_after_the_other_is_seen(alice, ada):
    for number in range(25):
        try_log_in(f"somebody{number}@example.com", "a guess", Client(REMOTE_ADDR="20.66.6.6"))
    detect_misuse()
    rows = words_of(staff_log_in(ada).get("/staff/accounts/misusefinding/").content.decode())
    assert "20.66.6.6" in rows
    assert "one network guesses at many accounts" in rows


def test_c04_the_area_is_watched_constantly():
    assert {sweep.task: sweep.every for sweep in SWEEPS}["accounts.tasks.detect_misuse"] <= timedelta(minutes=1)


def test_c04_the_policy_says_so(client):
    policy = words_of(client.get("/privacy/resources/").content.decode())
    assert "Signs of misuse" in policy
    assert "Holds of your account" in policy
    assert "what was seen, in words" in policy
