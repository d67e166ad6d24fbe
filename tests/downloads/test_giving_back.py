"""“That download failed, give it back”: once, within a day, a few times a month, and not for anybody else."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.holds import place
from audit.models import AuditEvent
from downloads.delivery import gate
from downloads.delivery.giving_back import MOST_RETURNED, NotGivenBack, give_back
from downloads.models import DownloadSession, Entitlement
from tests import cast
from tests.activity import said
from tests.customer import log_in
from tests.downloads.taking import press, remaining
from tests.pages import Tags, words_of
from tests.staff import request_of
from tests.threads import at_once

pytestmark = pytest.mark.django_db


def ask_back(client: Client, path: str, **options: object):
    """Press “give it back” for the download at this path."""
    return client.post(f"{path}give-back/", **options)


def given_back() -> int:
    return AuditEvent.objects.filter(kind="download.returned").count()


def test_a_failed_download_is_given_back_and_its_link_ends(alice, alices, notebook_file):
    client = log_in(alice)
    path = press(client, alices, notebook_file)
    answer = ask_back(client, path, follow=True)
    assert answer.redirect_chain == [(f"/resources/products/{alices.pk}/", 302)]
    page = words_of(answer.content.decode())
    assert "The download is given back: 5 are left." in page
    assert f"5 of 5 left; 1 returned on {timezone.localdate().day} " in page
    assert "notebook-1.0.zip 0 bytes of 9.8 KB 127.0.0.1 given back" in page
    assert remaining(alices) == 5
    refused = client.get(path)
    assert refused.status_code == 410
    assert "This download was given back" in refused.content.decode()
    event = AuditEvent.objects.get(kind="download.returned")
    session = DownloadSession.objects.get()
    assert (event.user, event.ip) == (alice, "127.0.0.1")
    assert event.detail == {"download": session.pk, "product": "NOTEBOOK", "file": "notebook-1.0.zip"}
    assert session.closed_at == session.returned_at
    assert "Failed download given back 127.0.0.1" in said(client)
    call_command("check_ledger")


def test_the_button_is_where_the_download_stands_and_says_which(alice, alices, notebook_file):
    client = log_in(alice)
    path = press(client, alices, notebook_file)
    page = client.get(f"/resources/products/{alices.pk}/").content.decode()
    (button,) = [values for tag, values in Tags(page).found if values.get("formaction") == f"{path}give-back/"]
    assert button["aria-label"].startswith("That download failed, give it back: notebook-1.0.zip, ")
    ask_back(client, path)
    assert "give-back" not in client.get(f"/resources/products/{alices.pk}/").content.decode()


def test_taking_it_anew_counts_again(alice, alices, notebook_file):
    client = log_in(alice)
    path = press(client, alices, notebook_file)
    ask_back(client, path)
    assert press(client, alices, notebook_file) != path
    assert remaining(alices) == 4


def test_the_kept_cards_follow_at_once(alice, alices, notebook_file):
    client = log_in(alice)
    path = press(client, alices, notebook_file)
    assert "4 downloads remaining" in client.get("/resources/").content.decode()
    ask_back(client, path)
    assert "5 downloads remaining" in client.get("/resources/").content.decode()


def test_the_second_click_gives_nothing_more_and_is_no_mistake(alice, alices, notebook_file):
    client = log_in(alice)
    path = press(client, alices, notebook_file)
    ask_back(client, path)
    answer = ask_back(client, path, follow=True)
    assert answer.status_code == 200
    assert "This download was given back already." in answer.content.decode()
    assert (remaining(alices), given_back()) == (5, 1)


def test_after_a_day_it_is_too_late_and_the_page_says_where_to_write(alice, alices, notebook_file, settings):
    client = log_in(alice)
    path = press(client, alices, notebook_file)
    DownloadSession.objects.update(valid_until=timezone.now() - timedelta(seconds=1))
    answer = ask_back(client, path)
    assert answer.status_code == 410
    assert "cannot be given back here" in answer.content.decode()
    assert settings.SUPPORT_EMAIL in answer.content.decode()
    assert "give-back" not in client.get(f"/resources/products/{alices.pk}/").content.decode()
    assert (remaining(alices), given_back()) == (4, 0)


def test_beyond_a_few_in_a_month_the_page_says_to_write(alice, alices, notebook, settings):
    client = log_in(alice)
    files = [cast.make_file(notebook, f"1.{number}") for number in range(MOST_RETURNED + 1)]
    for file in files[:-1]:
        assert ask_back(client, press(client, alices, file)).status_code == 302
    path = press(client, alices, files[-1])
    refused = ask_back(client, path)
    assert refused.status_code == 403
    assert "Several downloads of this product were given back lately." in words_of(refused.content.decode())
    assert settings.SUPPORT_EMAIL in refused.content.decode()
    assert (remaining(alices), given_back()) == (4, MOST_RETURNED)
    assert client.get(path).status_code == 200, "the download itself goes on"
    with connection.cursor() as cursor:
        cursor.execute("UPDATE downloads_allowanceentry SET at = %s", [timezone.now() - timedelta(days=31)])
    assert ask_back(client, path).status_code == 302


def test_the_most_is_counted_for_each_product(alice, alices, notebook, mailer):
    client = log_in(alice)
    other = cast.buy(cast.ALICE, mailer, order="A-2").entitlements[0]
    client = log_in(alice)
    for number in range(MOST_RETURNED):
        ask_back(client, press(client, alices, cast.make_file(notebook, f"1.{number}")))
    assert ask_back(client, press(client, other, cast.make_file(mailer))).status_code == 302


def test_another_customers_download_does_not_exist(alice, alices, bob, mallory, notebook_file):
    path = press(log_in(alice), alices, notebook_file)
    for stranger in (bob, mallory):
        assert ask_back(log_in(stranger), path).status_code == 404
    assert ask_back(Client(), path)["Location"].startswith("/resources/log-in/")
    assert (remaining(alices), given_back()) == (4, 0)


def test_looking_gives_nothing_back_and_no_other_site_can(alice, alices, notebook_file, browser_client):
    client = log_in(alice)
    path = press(client, alices, notebook_file)
    assert client.get(f"{path}give-back/").status_code == 405
    browser_client.cookies = client.cookies
    assert ask_back(browser_client, path).status_code == 403
    assert remaining(alices) == 4


def test_whoever_asks_on_and_on_is_slowed(alice, alices, notebook_file):
    client = log_in(alice)
    path = press(client, alices, notebook_file)
    statuses = [ask_back(client, path).status_code for _time in range(12)]
    assert statuses == [302] * 10 + [429] * 2


def test_an_account_on_hold_gives_nothing_back(alice, alices, notebook_file):
    client = log_in(alice)
    path = press(client, alices, notebook_file)
    place(alice, reason="x", text="Your account was used in two towns at once.")
    assert ask_back(client, path)["Location"].startswith("/resources/log-in/")
    with pytest.raises(NotGivenBack) as error:
        give_back(request_of(alice), DownloadSession.objects.get())
    assert error.value.refusal is gate.Refusal.HELD, "nor where the hold came after the request"
    assert (remaining(alices), given_back()) == (4, 0)


def test_of_a_refunded_purchase_nothing_is_given_back(alice, alices, notebook_file):
    client = log_in(alice)
    path = press(client, alices, notebook_file)
    alices.revoke(1)
    answer = ask_back(client, path)
    assert (answer.status_code, "was refunded" in answer.content.decode()) == (403, True)
    assert "give-back" not in client.get(f"/resources/products/{alices.pk}/").content.decode()
    assert given_back() == 0


def test_what_is_being_sent_stops(alice, alices, notebook_file):
    press(log_in(alice), alices, notebook_file)
    session = DownloadSession.objects.get()
    assert gate.reason_to_stop(session, timezone.now()) is None
    assert session.give_back()
    assert gate.reason_to_stop(session, timezone.now()) is gate.Refusal.RETURNED
    assert not session.give_back()


def test_given_back_and_the_record_of_it_are_one(alice, alices, notebook_file, monkeypatch):
    client = log_in(alice)
    client.raise_request_exception = False
    path = press(client, alices, notebook_file)

    def broken(*_values: object, **_facts: object) -> None:
        raise OSError

    monkeypatch.setattr("downloads.delivery.giving_back.record", broken)
    assert ask_back(client, path).status_code == 500
    assert remaining(alices) == 4
    monkeypatch.undo()
    assert ask_back(client, path).status_code == 302
    assert remaining(alices) == 5


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_many_clicks_at_once_give_back_once(alice, alices, notebook_file):
    seed = log_in(alice)
    path = press(seed, alices, notebook_file)
    browsers = [Client(raise_request_exception=False) for _number in range(10)]
    for client in browsers:
        client.cookies.update(seed.cookies)
    assert at_once(lambda client: ask_back(client, path).status_code, browsers) == [302] * 10
    assert (remaining(alices), given_back()) == (5, 1)
    call_command("check_ledger")


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_many_downloads_at_once_give_back_no_more_than_the_most(alice, notebook):
    owned = cast.buy(cast.ALICE, notebook, units=2, order="A-2").entitlements[0]
    sessions = [DownloadSession.objects.take(owned, cast.make_file(notebook, f"1.{n}"), None, "")[0] for n in range(8)]

    def ask(session: DownloadSession) -> bool:
        try:
            give_back(request_of(alice), DownloadSession.objects.get(pk=session.pk))
        except NotGivenBack:
            return False
        return True

    assert sum(at_once(ask, sessions)) == MOST_RETURNED
    assert Entitlement.objects.get(pk=owned.pk).downloads_used == 8 - MOST_RETURNED
    call_command("check_ledger")
