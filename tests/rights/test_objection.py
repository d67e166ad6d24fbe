"""Objecting to what rests on an interest of ours: announcements stop with one button, the rest is weighed by a person (GDPR article 21)."""

import pytest
from django.test import Client

from accounts.models import User
from audit.models import AuditEvent
from mailroom.models import OutgoingMail
from privacy import purposes
from privacy.registry import Purpose
from support.models import Case, Correction, Kind, Objection, ObjectionOutcome
from tests.customer import log_in, mail_to
from tests.pages import fields_on, words_of
from tests.staff import staff_log_in

pytestmark = pytest.mark.django_db
PAGE = "/resources/your-data/objection/"


def read(client: Client, path: str) -> str:
    return words_of(client.get(path).content.decode())


def objected(user: User) -> Case:
    client = log_in(user)
    path = f"{PAGE}security/"
    client.post(path, fields_on(client, path) | {"reasons": "My employer shares the network."})
    return Case.objects.get(kind=Kind.OBJECTION, user=user)


def decided_by(ada: User, case: Case, act: str, text: str) -> Client:
    client = staff_log_in(ada)
    client.post(f"/staff/desk/{case.reference}/take/")
    response = client.post(f"/staff/desk/{case.reference}/objection/{act}/", {"text": text})
    assert response.status_code == 302, response.content.decode()
    return client


def test_every_purpose_that_rests_on_an_interest_is_in_the_table(alice):
    found = [one for one in vars(purposes).values() if isinstance(one, Purpose) and "legitimate interest" in str(one.basis)]
    assert {one.slug for one in found} == {one.slug for one in purposes.RESTING_ON_INTEREST}
    page = read(log_in(alice), PAGE)
    for one in found:
        assert str(one.text) in page


def test_one_button_stops_announcements_at_once(alice):
    client = log_in(alice)
    client.post(f"{PAGE}announcements/")
    alice.refresh_from_db()
    assert alice.opted_out_at
    assert "You have objected; none since" in read(client, PAGE)


def test_reasons_become_a_case_once(alice):
    client, path = log_in(alice), f"{PAGE}security/"
    form = fields_on(client, path) | {"reasons": "My employer shares the network."}
    assert client.post(path, form)["Location"] == client.post(path, form)["Location"]
    case = Case.objects.get(kind=Kind.OBJECTION)
    assert (case.user, case.objection.purpose) == (alice, "security")
    assert "My employer shares the network." in read(client, f"/resources/support/{case.reference}/")
    assert "waits for us" in read(client, PAGE)


@pytest.mark.parametrize(("act", "outcome", "words"), [("uphold", "upheld", "we follow you"), ("refuse", "refused", "and go on")])
def test_staff_decide_and_the_customer_reads_why(alice, ada, act, outcome, words):
    case = objected(alice)
    client = decided_by(ada, case, act, "Your log-ins are looked at no more.")
    mail = mail_to(alice.email)
    assert words in mail.text
    assert "Your log-ins are looked at no more." in mail.text
    assert Objection.objects.get().outcome == ObjectionOutcome(outcome)
    assert AuditEvent.objects.filter(kind=f"objection.{outcome}", user=alice).count() == 1
    page = read(log_in(alice), f"/resources/support/{case.reference}/")
    assert "Your log-ins are looked at no more." in page
    client.post(f"/staff/desk/{case.reference}/objection/{act}/", {"text": "Once more."})
    assert OutgoingMail.objects.filter(cause__contains="objection:").count() == 1


def test_mallory_reads_nothing_of_it(alice, mallory):
    case = objected(alice)
    other = log_in(mallory)
    assert case.reference not in read(other, PAGE)
    assert other.get(f"/resources/support/{case.reference}/").status_code == 404


def test_the_log_of_corrections_says_what_kind_and_when(alice, mallory):
    Correction.objects.create(user=alice, model="accounts.User", field="city", role="Support")
    page = read(log_in(alice), "/resources/your-data/corrections/")
    assert "Your account city" in page
    assert "Nothing was corrected" in read(log_in(mallory), "/resources/your-data/corrections/")
