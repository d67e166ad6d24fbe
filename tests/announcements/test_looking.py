"""What staff see before anybody gets it: previews, whom it would reach, and tests to colleagues."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from announcements.models import Announcement, Mailbox, Subscription
from audit.models import AuditEvent
from downloads.models import Release
from mailroom.models import OutgoingMail
from tests import cast
from tests.announcements.writing import AUDIENCE, LIST, PREVIEW, make_announcement, page_of, told
from tests.staff import staff_log_in

pytestmark = pytest.mark.django_db
ASKED = {"Accept": "application/json"}


@pytest.fixture
def adas(ada) -> Client:
    return staff_log_in(ada)


# Previews


def test_what_is_typed_is_previewed_and_not_saved(adas, notebook):
    release = Release.objects.create(product=notebook, version="2.0", notes="It *draws*.")
    typed = {"subject": "Typed", "preheader": "Before", "body": "Now in **landscape**", "releases": [release.pk], "products": [notebook.pk]}
    answer = adas.post(PREVIEW, typed)
    page = answer.content.decode()
    assert page.count("<iframe") == page.count("sandbox") == 2, "a phone's and a desk's, in which nothing runs"
    for said in ("Typed", "landscape", "Notebook 2.0", "Hello Alex Example,", "Remove me from all mailings"):
        assert page.count(said) >= 3, said
    assert "{{ greeting }}" in page, "the source is as it is sent to everybody"
    assert not Announcement.objects.exists()
    assert "style-src 'self' 'unsafe-inline'" in answer["Content-Security-Policy"]
    assert "script-src 'self'" in answer["Content-Security-Policy"].split("; "), "in whatever order they come"


def test_other_pages_allow_no_styles_of_their_own(adas):
    assert "unsafe-inline" not in adas.get(LIST)["Content-Security-Policy"]


@pytest.mark.parametrize(
    "typed",
    [{}, {"products": ["x", "9" * 30], "releases": ["-1"], "language": "tlh", "body": "x" * 60_000}, {"body": "{{ {% x %} }} <script>"}],
)
def test_whatever_is_typed_is_previewed(adas, typed):
    page = adas.post(PREVIEW, typed).content.decode()
    assert "<script>x" not in page
    assert "&lt;script&gt;" not in page.partition("srcdoc=")[2].partition(">")[0]


def test_of_what_was_sent_the_preview_is_what_was_sent(adas):
    announcement = make_announcement(
        state="sent", frozen_subject="As sent", frozen_text="as sent", frozen_html="<p>{{ greeting }} as it was sent</p>"
    )
    page = adas.get(page_of(announcement, "preview")).content.decode()
    assert "Hello Alex Example, as it was sent" in page
    assert "landscape" not in page


# Whom it would reach


def test_how_many_and_a_few_of_them(adas, alice, bob, mallory, notebook):
    Subscription.objects.create(email="visitor@example.net", email_key="visitor@example.net", state="confirmed")
    everybody = adas.post(AUDIENCE, {"topic": "releases"}, headers=ASKED).json()
    assert everybody["count"] == 4
    assert "It would go to <strong>4</strong> addresses now." in " ".join(everybody["html"].split())
    for address in (alice.email, bob.email, mallory.email, "visitor@example.net"):
        assert address in everybody["html"]
    page = told(adas.post(AUDIENCE, {"topic": "releases", "audience_product": [str(notebook.pk)]}))
    assert "It would go to 1 address now." in page
    assert alice.email in page
    assert bob.email not in page
    User.objects.filter(pk=alice.pk).update(opted_out_at="2026-01-01T00:00Z")
    assert adas.post(AUDIENCE, {"topic": "releases", "audience_product": [str(notebook.pk)]}, headers=ASKED).json()["count"] == 0


def test_an_audience_of_one_customer_is_a_look_at_them(adas, alice, notebook):
    adas.post(AUDIENCE, {"topic": "releases", "audience_product": [str(notebook.pk)]})
    assert AuditEvent.objects.filter(kind="record.opened", user=alice).exists()


def test_whoever_does_not_see_everybody_sees_addresses_masked(ada, alice, bob):
    """A role that may write and not monitor: there is none today, and one might come."""
    ada.groups.first().permissions.remove(*ada.groups.first().permissions.filter(codename="monitor_user"))
    page = adas_page = staff_log_in(ada).post(AUDIENCE, {"topic": "releases"}).content.decode()
    assert alice.email not in adas_page
    assert "A…@e….com" in page


@pytest.mark.parametrize("sent", [{}, {"topic": "x"}, {"topic": "releases", "audience_product": ["x"]}])
def test_what_is_no_choice_is_told(adas, sent):
    answer = adas.post(AUDIENCE, sent)
    assert answer.status_code == 400
    assert "not offered any more" in answer.content.decode()


def test_to_count_costs_the_same_however_many_they_are(adas, notebook):
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert adas.post(AUDIENCE, {"topic": "releases"}, headers=ASKED).status_code == 200
        return len(queries)

    User.objects.create_user("first@example.com", cast.PASSWORD)
    User.objects.create_user("second@example.com", cast.PASSWORD)
    before = cost()
    for number in range(30):
        User.objects.create_user(f"c{number}@example.com", "x")
    assert cost() <= before


# Tests


def test_a_test_goes_to_oneself_and_to_chosen_colleagues(adas, ada, sam):
    announcement = make_announcement(subject="Notebook 2 for {{ email }}")
    page = adas.get(page_of(announcement, "test")).content.decode()
    assert re.search(rf'<option value="{ada.pk}" selected>', page)
    answer = adas.post(page_of(announcement, "test"), {"to": [ada.pk, sam.pk]}, follow=True)
    assert "The test is on its way" in told(answer)
    mails = {mail.to: mail for mail in OutgoingMail.objects.all()}
    assert set(mails) == {ada.email, sam.email}
    mail = mails[sam.email]
    assert mail.subject == "[Test] Notebook 2 for sam@vendor.example"
    token = Mailbox.objects.get(email=sam.email).token
    for part in (mail.text, mail.html):
        assert "Hello Sam," in part
        assert f"/announcements/leave/{token}/" in part
        assert "{{" not in part
    event = AuditEvent.objects.get(kind="announcement.tested")
    assert (event.actor, event.detail) == (ada, {"announcement": announcement.pk, "count": 2})


def test_a_test_goes_to_no_customer_and_to_few(adas, ada, alice):
    announcement = make_announcement()
    assert "not one of the available choices" in told(adas.post(page_of(announcement, "test"), {"to": [alice.pk]}))
    colleagues = [cast.make_staff(f"s{number}@vendor.example", "Support").pk for number in range(11)]
    assert "At most 10 at a time." in told(adas.post(page_of(announcement, "test"), {"to": colleagues}))
    assert "This field is required." in told(adas.post(page_of(announcement, "test"), {"to": []}))
    assert not OutgoingMail.objects.exclude(user=alice).exists()
    assert not AuditEvent.objects.filter(kind="announcement.tested").exists()


def test_what_goes_out_in_a_test_is_a_mail_like_any_other(adas, ada, settings):
    from django.core import mail as outbox

    from mailroom import sending

    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    announcement = make_announcement(subject="שלום 日本")
    adas.post(page_of(announcement, "test"), {"to": [ada.pk]})
    sending.send_due()
    (sent,) = [one for one in outbox.outbox if one.to == [ada.email]]
    assert sent.subject == "[Test] שלום 日本"
    assert sent.alternatives[0][1] == "text/html"
