"""Preferences by topic: by the link of a mail, and in the customer's own area."""

import pytest
from django.test import Client

from accounts.models import MarketingChoice, Suppression, Throttle, User
from announcements import audience
from announcements.group.leaving import leave
from announcements.models import Mailbox, Subscription
from audit.models import AuditEvent
from mailroom.models import OutgoingMail
from tests.announcements.joining import EMAIL, join, latest_mail, link_in, path_of
from tests.customer import log_in
from tests.pages import Tags, fields_on, words_of

pytestmark = pytest.mark.django_db
MINE = "/resources/account/announcements/"
ALL = {"wants_releases": "on", "wants_updates": "on", "wants_offers": "on"}


@pytest.fixture
def carol() -> Mailbox:
    return join()


def wanted(mailbox: Mailbox) -> tuple[bool, bool, bool]:
    mailbox.refresh_from_db()
    return mailbox.wants_releases, mailbox.wants_updates, mailbox.wants_offers


def test_topics_are_chosen_by_the_link_of_a_mail(carol, django_assert_num_queries):
    page = path_of(carol, "preferences")
    with django_assert_num_queries(3):
        assert fields_on(Client(), page).items() >= ALL.items()
    answer = Client(enforce_csrf_checks=True).post(page, {"wants_updates": "on"})
    assert "Your choice is saved." in answer.content.decode()
    assert not answer.cookies
    assert wanted(carol) == (False, True, False)
    event = AuditEvent.objects.get(kind="topics.changed")
    assert event.detail == {"mailbox": carol.pk, "topics": ["updates"]}
    assert {"wants_updates"} == set(fields_on(Client(), page)) & set(ALL)
    assert [audience.count({}, topic) for topic in ("releases", "updates", "offers")] == [0, 1, 0]


def test_what_changes_nothing_is_not_noted(carol):
    Client().post(path_of(carol, "preferences"), ALL)
    assert not AuditEvent.objects.filter(kind="topics.changed").exists()


def test_from_there_one_leaves_altogether(carol):
    html = Client().get(path_of(carol, "preferences")).content.decode()
    assert f'action="{path_of(carol)}"' in html
    assert "C…@e….net" in words_of(html)
    assert EMAIL not in html


def test_wanting_them_again_takes_the_mailbox(carol):
    leave(carol)
    OutgoingMail.objects.all().delete()
    page = path_of(carol, "preferences")
    form = Tags(Client().get(page).content.decode()).fields()
    Throttle.objects.all().delete()  # the mail that asked first was a moment ago
    assert Client(enforce_csrf_checks=True).post(f"{page}again/", form).status_code == 200
    assert Suppression.objects.of(EMAIL).exists(), "whoever has the link has not got the mailbox"
    Client().post(link_in(latest_mail()))
    assert not Suppression.objects.of(EMAIL).exists()
    assert Subscription.objects.confirmed().get().source == "/announcements/preferences/"


@pytest.mark.parametrize("form", [{}, {"wording": "0" * 12}, {"wording": "\x00"}])
def test_again_without_the_words_is_shown_them(carol, form):
    leave(carol)
    before = OutgoingMail.objects.count()
    answer = Client().post(f"{path_of(carol, 'preferences')}again/", form)
    assert answer.status_code == 200
    assert "errorlist" in answer.content.decode()
    assert OutgoingMail.objects.count() == before


def test_of_an_erased_address_nothing_can_be_wanted_again_by_link(carol):
    leave(carol)
    carol.erase()
    page = Client().get(path_of(carol, "preferences")).content.decode()
    assert "we do not have that address any more" in page
    assert Client().post(f"{path_of(carol, 'preferences')}again/", {}).status_code == 200


# In the customer's own area


def test_a_customer_chooses_topics(alice):
    client = log_in(alice)
    assert fields_on(client, MINE).items() >= ALL.items()
    assert not Mailbox.objects.exists(), "looking makes nothing"
    client.post(MINE, {"wants_releases": "on"})
    mailbox = Mailbox.objects.get()
    assert mailbox.user == alice
    assert wanted(mailbox) == (True, False, False)
    assert set(fields_on(Client(), path_of(mailbox, "preferences"))) & set(ALL) == {"wants_releases"}, "the mail's page says the same"
    assert AuditEvent.objects.get(kind="topics.changed").user == alice
    assert [audience.count({}, topic) for topic in ("releases", "updates", "offers")] == [1, 0, 0]


def test_what_was_chosen_by_mail_stands_in_the_account(alice):
    mailbox = Mailbox.objects.at(alice.email)
    Client().post(path_of(mailbox, "preferences"), {"wants_offers": "on"})
    assert set(fields_on(log_in(alice), MINE)) & set(ALL) == {"wants_offers"}


def test_a_refused_topic_stays_refused_at_another_address(alice):
    client = log_in(alice)
    client.post(MINE, {"wants_releases": "on", "wants_updates": "on"})
    User.objects.filter(pk=alice.pk).update(email="new@example.com", email_key="new@example.com")
    assert [audience.count({}, topic) for topic in ("releases", "updates", "offers")] == [1, 1, 0]
    assert set(fields_on(client, MINE)) & set(ALL) == {"wants_releases", "wants_updates"}
    client.post(MINE, ALL)
    assert audience.count({}, "offers") == 1


def test_a_customer_leaves_and_comes_back_without_a_mail(alice):
    client = log_in(alice)
    client.post(f"{MINE}leave/")
    alice.refresh_from_db()
    assert alice.opted_out_at
    assert Suppression.objects.of(alice.email).exists()
    assert "You have refused announcements since" in client.get(MINE).content.decode()
    client.post(f"{MINE}again/")
    alice.refresh_from_db()
    assert alice.opted_out_at is None
    assert not Suppression.objects.of(alice.email).exists()
    assert list(MarketingChoice.objects.values_list("opted_out", "origin")) == [(False, "preferences"), (True, "preferences")]


def test_these_forms_need_their_token(alice):
    client = log_in(alice, Client(enforce_csrf_checks=False))
    client.handler.enforce_csrf_checks = True
    for path in (MINE, f"{MINE}leave/", f"{MINE}again/"):
        assert client.post(path).status_code == 403


def test_the_page_costs_the_same_queries(alice, django_assert_num_queries):
    client = log_in(alice)
    client.get(MINE)
    for _time in range(2):
        with django_assert_num_queries(5):
            client.get(MINE)
        Mailbox.objects.at(alice.email)
        Mailbox.objects.update(user=alice)


def test_the_preferences_lead_there(alice):
    assert MINE in Tags(log_in(alice).get("/resources/account/preferences/").content.decode()).links()
