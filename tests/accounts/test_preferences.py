"""Preferences: greeting, language, time zone, and announcements with the history of choices (promise C11)."""

from datetime import timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import MarketingChoice, User
from accounts.models.marketing_choice import ChoiceOrigin
from audit.models import AuditEvent
from infacta.reading import time_zones
from tests.customer import Browser, log_in
from tests.pages import Tags, fields_on, read, words_of
from tests.threads import at_once

pytestmark = pytest.mark.django_db
PAGE = "/resources/account/preferences/"


def test_a_browser_with_global_privacy_control_is_told_that_it_gets_no_greeting(alice):
    client = log_in(alice)
    assert "sets no greeting cookie" not in client.get(PAGE).content.decode()
    assert "sets no greeting cookie" in client.get(PAGE, headers={"Sec-GPC": "1"}).content.decode()


def without(form: dict[str, str], *names: str) -> dict[str, str]:
    return {name: value for name, value in form.items() if name not in names}


def test_preferences_are_shown_and_saved(alice, germans):
    client = log_in(alice)
    form = fields_on(client, PAGE)
    assert (form["greeting"], form["greets"], form["language"], form["time_zone"], form["announcements"]) == ("", "on", "", "", "on")
    answer = client.post(PAGE, form | {"greeting": "Ally", "language": "de", "time_zone": "America/Argentina/Ushuaia"})
    assert answer["Location"] == "/resources/account/"
    alice.refresh_from_db()
    assert (alice.greeting, alice.greets, alice.language, alice.time_zone) == ("Ally", True, "de", "America/Argentina/Ushuaia")
    page = words_of(client.get("/resources/account/").content.decode())
    for said in ("Ally", "Deutsch", "America/Argentina/Ushuaia"):
        assert said in page
    event = AuditEvent.objects.get(kind="preferences.changed")
    assert (event.user, event.detail) == (alice, {"fields": ["greeting", "language", "time_zone"]})
    assert fields_on(client, PAGE)["time_zone"] == "America/Argentina/Ushuaia"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("time_zone", "posixrules"),
        ("time_zone", "Etc/GMT+5"),
        ("time_zone", "Europe"),
        ("time_zone", "../../etc/passwd"),
        ("time_zone", "/etc/passwd"),
        ("time_zone", "Europe/Dublin\x00"),
        ("time_zone", "x" * 10_000),
        ("language", "xx"),
        ("language", "fr"),
        ("language", "../en"),
        ("language", "\x00"),
        ("greeting", "www.example.com"),
        ("greeting", "a@b"),
        ("greeting", "a\nb"),
        ("greeting", "\x00"),
        ("greeting", "x" * 61),
        ("greeting", "x" * 10_000),
    ],
)
def test_what_is_none_of_the_choices_is_refused_with_a_reason(alice, name, value):
    client = log_in(alice)
    answer = client.post(PAGE, fields_on(client, PAGE) | {name: value})
    assert answer.status_code == 200
    assert answer.content.decode().count('class="errorlist"') == 1
    alice.refresh_from_db()
    assert getattr(alice, name) == ""
    assert not AuditEvent.objects.filter(kind="preferences.changed").exists()


def test_the_time_zones_are_places_and_all_of_them_are_there():
    offered = {name for names in time_zones().values() for name in names}
    assert {"Europe/Dublin", "Asia/Kolkata", "Pacific/Auckland", "America/New_York"} <= offered <= available_timezones()
    assert not {"UTC", "EST5EDT", "Etc/GMT+5", "posixrules", "localtime", "Factory"} & offered
    assert all(ZoneInfo(name) for name in offered)


def test_the_second_of_two_windows_sees_what_changed(alice):
    client, other = log_in(alice), log_in(alice)
    first, second = fields_on(client, PAGE), fields_on(other, PAGE)
    client.post(PAGE, without(first, "greets", "announcements") | {"time_zone": "Asia/Tokyo"})
    page = other.post(PAGE, second | {"time_zone": "Europe/Paris", "greeting": "Ally"}).content.decode()
    assert "Nothing is saved yet" in page
    assert "says now: Asia/Tokyo" in words_of(page)
    assert page.count("was changed meanwhile") == 3
    form = Tags(page).fields()
    assert (form["time_zone"], form["greeting"]) == ("Europe/Paris", "Ally")
    assert "greets" not in form
    assert "announcements" not in form, "what was left as it was stands as it is now, and nobody is opted in unasked"
    assert other.post(PAGE, form).status_code == 302
    alice.refresh_from_db()
    assert (alice.time_zone, alice.greeting, alice.greets, bool(alice.opted_out_at)) == ("Europe/Paris", "Ally", False, True)


def test_the_greeting_cookie_follows_at_once(alice):
    client = log_in(alice, Browser())
    assert "greeting" in client.cookies
    client.post(PAGE, without(fields_on(client, PAGE), "greets"))
    assert "greeting" not in client.cookies
    client.post(PAGE, fields_on(client, PAGE) | {"greets": "on", "greeting": "Ally"})
    client.post("/resources/log-out/")
    assert "Welcome back, Ally." in read(client, "/resources/log-in/").content.decode()


def test_the_home_page_greets_by_name_and_asks_the_database_nothing_for_it(alice):
    client = log_in(alice)
    client.get("/resources/")
    for changes, said in (
        ({}, "Hello, Alice Archer."),
        ({"greeting": "Ally"}, "Hello, Ally."),
        ({"greeting": "ענת"}, "Hello, ענת."),
        ({"greeting": "<i>x"}, "Hello, <i>x."),
        ({"greets": False}, ""),
        ({"greets": True, "greeting": "", "name": ""}, ""),
        ({"name": "see www.example.com"}, ""),
    ):
        User.objects.filter(pk=alice.pk).update(**changes)
        with CaptureQueriesContext(connection) as captured:
            page = client.get("/resources/").content.decode()
        assert len(captured) <= 2
        assert said in words_of(page).replace(" .", ".")
        assert ("Hello, " in page) == bool(said)


def refuse(client: Client) -> None:
    client.post(PAGE, without(fields_on(client, PAGE), "announcements"))


def test_each_choice_about_announcements_is_kept_and_shown_with_its_history(alice):
    client = log_in(alice)
    assert "Nothing yet" in client.get(PAGE).content.decode()
    refuse(client)
    alice.refresh_from_db()
    assert timezone.now() - alice.opted_out_at < timedelta(minutes=1)
    refuse(client)
    client.post(PAGE, fields_on(client, PAGE) | {"announcements": "on"})
    alice.refresh_from_db()
    assert alice.opted_out_at is None
    assert list(alice.marketing_choices.order_by("pk").values_list("opted_out", "origin")) == [
        (True, "preferences"),
        (False, "preferences"),
    ]
    kinds = AuditEvent.objects.filter(user=alice, kind__startswith="marketing").order_by("pk").values_list("kind", "detail")
    assert list(kinds) == [("marketing.refused", {"origin": "preferences"}), ("marketing.welcomed", {"origin": "preferences"})]
    page = words_of(client.get(PAGE).content.decode())
    assert "announcements are welcome in the preferences" in page
    assert "no announcements in the preferences" in page


def test_the_history_has_pages_and_its_queries_do_not_grow(alice):
    client = log_in(alice)
    with CaptureQueriesContext(connection) as captured:
        client.get(PAGE)
    assert len(captured) == 3, [query["sql"] for query in captured]
    for _time in range(8):
        alice.opt_out(ChoiceOrigin.MAIL)
        alice.opt_in(ChoiceOrigin.STAFF)
    with CaptureQueriesContext(connection) as captured:
        first = client.get(PAGE).content.decode()
    assert len(captured) == 3
    assert first.count("by the link in a mail") == 5
    second = client.get(f"{PAGE}?page=2").content.decode()
    assert second.count("through support") == 3
    assert "no announcements" not in client.get(f"{PAGE}?page=99").content.decode()


def test_choosing_twice_is_choosing_once(alice):
    assert alice.opt_out(ChoiceOrigin.MAIL)
    since = alice.opted_out_at
    assert not alice.opt_out(ChoiceOrigin.MAIL)
    alice.refresh_from_db()
    assert alice.opted_out_at == since, "the first time counts"
    assert alice.opt_in(ChoiceOrigin.STAFF)
    assert not alice.opt_in(ChoiceOrigin.STAFF)
    assert MarketingChoice.objects.count() == AuditEvent.objects.filter(kind__startswith="marketing").count() == 2


def test_somebody_elses_history_is_nowhere(alice, bob):
    bob.opt_out(ChoiceOrigin.MAIL)
    assert "by the link" not in log_in(alice).get(PAGE).content.decode()
    alice.refresh_from_db()
    assert alice.opted_out_at is None


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_of_many_choices_at_once_one_counts(alice):
    made = at_once(lambda _thread: User.objects.get(pk=alice.pk).opt_out(ChoiceOrigin.MAIL), range(8))
    assert sorted(made) == [False] * 7 + [True]
    assert MarketingChoice.objects.count() == AuditEvent.objects.filter(kind="marketing.refused").count() == 1
