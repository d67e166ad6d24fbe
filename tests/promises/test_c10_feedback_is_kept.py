"""C10: customers leave suggestions; they are kept without limit as a store of ideas, and the site says so."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from infacta.management.commands.work import run
from infacta.schedule import SWEEPS
from privacy.registry import registry
from support.models import Feedback
from support.personal_data import STORE_OF_IDEAS
from tests.customer import log_in
from tests.pages import words_of

pytestmark = pytest.mark.django_db


def test_c10_a_customer_leaves_a_suggestion_from_the_area(alice):
    client = log_in(alice)
    assert 'href="/resources/feedback/"' in client.get("/resources/").content.decode()
    client.post("/resources/feedback/", {"text": "Maps of Iceland, please."})
    assert "Maps of Iceland, please." in client.get("/resources/feedback/").content.decode()


@pytest.mark.django_db(transaction=True)
def test_c10_twenty_years_and_every_sweep_later_it_is_there(alice):
    log_in(alice).post("/resources/feedback/", {"text": "Maps of Iceland, please."})
    Feedback.objects.update(written_at=timezone.now() - timedelta(days=7305))
    for sweep in SWEEPS:
        run(sweep)
    assert Feedback.objects.get().text == "Maps of Iceland, please."


def test_c10_the_page_the_policy_and_the_table_of_retention_say_so(alice):
    assert STORE_OF_IDEAS.longest is None
    assert registry.models["support.Feedback"].retention is STORE_OF_IDEAS
    for client, path in ((log_in(alice), "/resources/feedback/"), (Client(), "/privacy/resources/"), (Client(), "/privacy/retention/")):
        page = words_of(client.get(path).content.decode())
        assert "without limit" in page, path
        assert "as a store of ideas" in page, path


def test_c10_what_it_is_for_is_said(alice):
    page = words_of(Client().get("/privacy/resources/").content.decode())
    assert "to make our products better" in page
