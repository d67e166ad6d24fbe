"""Pages and mails are in the language and time zone that the customer chose, and nobody else reads them so (promise C11)."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from accounts.models import MarketingChoice, User
from accounts.models.marketing_choice import ChoiceOrigin
from downloads import cards
from mailroom.outgoing import write
from tests.customer import log_in, mail_to, try_log_in
from tests.pages import Tags, fields_on

pytestmark = pytest.mark.django_db
PAGE = "/resources/account/preferences/"


def choose(user: User, **values: str) -> Client:
    User.objects.filter(pk=user.pk).update(**values)
    return log_in(user)


def language_of(page: str) -> str:
    return next(attributes["lang"] for tag, attributes in Tags(page).found if tag == "html")


def test_pages_are_in_the_customers_language_down_to_the_foot(alice, germans):
    client = choose(alice, language="de")
    answer = client.post("/resources/account/contact/", {"name": "x" * 201})
    page = answer.content.decode()
    assert language_of(page) == "de"
    assert "Bitte sicherstellen" in page
    assert answer["Content-Language"] == "de"
    assert language_of(client.get("/").content.decode()) == "en", "outside the area nobody is known"


def test_a_customers_language_and_time_zone_stay_theirs(alice, bob, germans):
    """One thread answers everybody: whoever comes next must not read German because Alice did."""
    hers = choose(alice, language="de", time_zone="Asia/Tokyo")
    his = log_in(bob)
    assert language_of(hers.get("/resources/account/").content.decode()) == "de"
    assert (translation.get_language(), timezone.get_current_timezone_name()) == ("en", "UTC")
    page = his.get("/resources/account/").content.decode()
    assert language_of(page) == "en"
    assert "UTC" in page
    assert "Asia/Tokyo" not in page
    hers.get("/resources/account/")
    assert language_of(Client().get("/?x=%00").content.decode()) == "en", "refused before anybody asks which language is wanted"


@pytest.mark.parametrize(("language", "zone"), [("xx", "Mars/Olympus"), ("", ""), ("fr", "posixrules"), ("../x", "../x")])
def test_what_the_site_does_not_know_any_more_is_as_if_nothing_were_chosen(alice, language, zone):
    page = choose(alice, language=language, time_zone=zone).get("/resources/account/").content.decode()
    assert language_of(page) == "en"
    assert "UTC" in page


def test_times_are_in_the_customers_time_zone(alice):
    client = choose(alice, time_zone="Asia/Tokyo")
    alice.opt_out(ChoiceOrigin.MAIL)
    MarketingChoice.objects.update(made_at=datetime(2026, 5, 3, 20, 2, tzinfo=UTC))
    assert "4 May 2026, 05:02" in client.get(PAGE).content.decode()


def test_the_next_page_is_in_the_language_just_chosen(alice, germans):
    client = log_in(alice)
    page = client.post(PAGE, fields_on(client, PAGE) | {"language": "de"}, follow=True).content.decode()
    assert language_of(page) == "de"
    page = client.post(PAGE, fields_on(client, PAGE) | {"language": ""}, follow=True, headers={"Accept-Language": "de"}).content.decode()
    assert language_of(client.get(PAGE, headers={"Accept-Language": "de"}).content.decode()) == "de", "as the browser asks"
    assert language_of(client.get(PAGE).content.decode()) == "en"


def test_language_and_time_zone_of_an_account_cost_no_query(alice, germans):
    """Its session and the account; and the browser's session, in which a language chosen for this visit would stand."""
    client = choose(alice, language="de", time_zone="Asia/Tokyo")
    cache.clear()
    with CaptureQueriesContext(connection) as captured:
        client.get("/resources/account/")
    assert len(captured) == 3


def test_mails_are_in_the_language_and_time_zone_of_the_account_whoever_writes_them(alice, germans):
    User.objects.filter(pk=alice.pk).update(language="de", time_zone="Asia/Tokyo")
    alice.refresh_from_db()
    at = datetime(2026, 5, 3, 20, 2, tzinfo=UTC)
    with timezone.override(ZoneInfo("America/New_York")):
        german = write("accounts/password_changed", to=alice.email, cause="test:1", user=alice, changed_at=at)
        User.objects.filter(pk=alice.pk).update(language="", time_zone="")
        alice.refresh_from_db()
        with translation.override("de"):
            english = write("accounts/password_changed", to=alice.email, cause="test:2", user=alice, changed_at=at)
    assert "4. Mai 2026, 05:02" in german.text
    assert language_of(german.html) == "de"
    assert "3 May 2026, 20:02" in english.text, "the site's own, and not those of whoever is at work"
    assert language_of(english.html) == "en"


def test_a_mail_about_no_account_is_in_the_language_of_whoever_asked(db, germans):
    Client(headers={"Accept-Language": "de"}).post("/resources/password/forgotten/", {"email": "nobody@example.com"})
    assert language_of(mail_to("nobody@example.com").html) == "de"


def test_kept_cards_are_in_the_language_of_their_reader(alice, germans):
    client = log_in(alice)
    client.get("/resources/")
    User.objects.filter(pk=alice.pk).update(language="de")
    assert language_of(client.get("/resources/").content.decode()) == "de"
    assert len(cards.kept.values) == 2, "kept for each language apart"
    User.objects.filter(pk=alice.pk).update(time_zone="Asia/Tokyo")
    client.get("/resources/")
    assert len(cards.kept.values) == 2, "no date stands on a card, so no time zone is asked for"


def test_a_failed_log_in_is_answered_in_the_language_of_the_browser(alice, germans):
    User.objects.filter(pk=alice.pk).update(language="de")
    assert language_of(try_log_in(alice.email, "wrong").content.decode()) == "en", "nobody learns a stranger's language by an address"
