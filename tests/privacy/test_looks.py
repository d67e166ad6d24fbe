"""What privacy itself looks at: policies, closed doors, HTTPS, the address for questions, and the house; in this process, and over the network."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpResponse

from privacy.looks import house, pages, transport
from privacy.looks.pages import closed_paths
from privacy.looks.visiting import visiting
from privacy.promise_checks import Outcome
from privacy.registry import Recipient, registry
from tests.server import ask, served
from website.context import SITE

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parents[2]
HOST = "customers.vendor.example"


def test_policies_closed_doors_and_recipients_of_a_site_as_it_should_be():
    for check in (pages.each_area_has_its_policy, pages.closed_pages_are_closed, pages.recipients_are_named):
        outcome, evidence = check()
        assert outcome == Outcome.KEPT, evidence


def test_there_are_many_closed_pages():
    assert len(set(closed_paths())) > 15
    assert "/resources/log-in/" not in set(closed_paths())


def test_a_policy_that_does_not_answer(monkeypatch):
    monkeypatch.setattr("privacy.views.policies.version_of", lambda area: 1 / 0)
    outcome, evidence = pages.each_area_has_its_policy()
    assert outcome == Outcome.BROKEN
    assert "/privacy/, /privacy/promotions/, /privacy/resources/ did not answer" in evidence


def test_a_door_that_was_left_open(monkeypatch):
    monkeypatch.setattr("accounts.middleware.ResourcesLoginRequired.process_view", lambda *arguments: HttpResponse("come in"))
    outcome, evidence = pages.closed_pages_are_closed()
    assert outcome == Outcome.BROKEN
    assert "a stranger was let in to /resources/" in evidence


def test_a_recipient_without_a_policy(monkeypatch):
    declared = next(one for one in registry.models.values() if one.model == "mailroom.OutgoingMail")
    nameless = Recipient("sea", "The Sea", "washes ashore", "")
    monkeypatch.setitem(registry.models, declared.model, replace(declared, recipients=lambda: (nameless,)))
    assert pages.recipients_are_named() == (Outcome.BROKEN, "without a name or a policy: sea")


@pytest.mark.parametrize(
    ("email", "production", "outcome"),
    [
        ("privacy@vendor.example", True, Outcome.KEPT),
        ("privacy@localhost", False, Outcome.UNKNOWN),
        ("privacy@localhost", True, Outcome.BROKEN),
    ],
)
def test_the_address_for_questions(settings, monkeypatch, email, production, outcome):
    settings.PRIVACY_EMAIL, settings.PRODUCTION = email, production
    monkeypatch.setitem(SITE, "privacy_email", email)
    assert pages.questions_reach_an_address()[0] == outcome


def test_pages_that_do_not_name_it(settings):
    settings.PRIVACY_EMAIL = "somebody-else@vendor.example"
    outcome, evidence = pages.questions_reach_an_address()
    assert outcome == Outcome.BROKEN
    assert "/contact/ does not name somebody-else@vendor.example" in evidence


# HTTPS


def test_without_https_nobody_can_tell_but_in_production_it_is_broken(settings):
    assert [check()[0] for check in (transport.https_is_demanded, transport.plain_http_shows_no_page)] == [Outcome.UNKNOWN] * 2
    settings.PRODUCTION = True
    assert transport.https_is_demanded()[0] == Outcome.BROKEN


@pytest.fixture
def https(settings) -> None:
    settings.HTTPS, settings.SITE_URL, settings.SITE_HOST = True, f"https://{HOST}", HOST
    settings.ALLOWED_HOSTS = [HOST]
    settings.SECURE_SSL_REDIRECT, settings.SECURE_HSTS_SECONDS = True, 63_072_000
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True


def test_with_https_both_are_kept(https):
    assert transport.https_is_demanded() == (Outcome.KEPT, "the settings lead to HTTPS, and bind browsers to it for 730 days")
    assert transport.plain_http_shows_no_page()[0] == Outcome.KEPT


@pytest.mark.parametrize(("name", "value"), [("SECURE_SSL_REDIRECT", False), ("SECURE_HSTS_SECONDS", 60), ("SESSION_COOKIE_SECURE", False)])
def test_a_setting_that_undoes_it_is_named(https, settings, name, value):
    setattr(settings, name, value)
    assert transport.https_is_demanded() == (Outcome.BROKEN, f"the settings do not demand it: {name}")


@pytest.mark.parametrize(("name", "value"), [("SECURE_SSL_REDIRECT", False), ("SECURE_HSTS_SECONDS", 60)])
def test_and_is_seen_from_outside(https, settings, name, value):
    setattr(settings, name, value)
    assert transport.plain_http_shows_no_page()[0] == Outcome.BROKEN


# Over the network


def test_the_same_is_asked_of_a_server(tmp_path):
    """A site of its own, asked by a process of its own, as an operator would from another machine."""
    with served(tmp_path) as port:
        environment = {"PATH": os.environ["PATH"], "INFACTA_MODE": "test", "DATA_DIR": str(tmp_path), "ENV_FILE": os.devnull}
        environment["DATABASE_URL"] = f"sqlite:///{tmp_path}/site.sqlite3"
        command = [sys.executable, "manage.py", "check_promises", "--json", "--url", f"http://localhost:{port}"]
        told = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        assert told.returncode == 0, told.stderr + told.stdout
        found = {promise["number"]: promise for promise in json.loads(told.stdout)["promises"]}
        asked = [
            one["evidence"]
            for promise in found.values()
            for one in promise["findings"]
            if f"asked at http://localhost:{port}" in one["evidence"]
        ]
        assert len(asked) >= 6
        assert {found[number]["outcome"] for number in ("C1", "C3", "G9")} == {"kept"}
        assert ask(port, "/").status == 200


def test_a_server_that_does_not_answer_cannot_be_told_of(tmp_path):
    with visiting("http://127.0.0.1:9"), pytest.raises(ConnectionRefusedError):
        pages.each_area_has_its_policy()


# The house


def test_the_house_stands():
    for check in (
        house.the_parts_are_those_that_were_named,
        house.the_rooms_are_there,
        house.the_database_is_as_the_program_expects,
        house.sweeps_and_middleware_are_there,
        house.staff_and_operators_have_their_doors,
    ):
        outcome, evidence = check()
        assert outcome == Outcome.KEPT, evidence


def test_a_part_a_room_a_door_that_is_missing(monkeypatch, settings, tmp_path):
    monkeypatch.setattr(house, "PARTS", ("django", "no-such-part"))
    assert house.the_parts_are_those_that_were_named() == (Outcome.BROKEN, "not installed: no-such-part")
    settings.BASE_DIR = tmp_path
    assert house.the_rooms_are_there()[0] == Outcome.BROKEN
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if name != "accounts.middleware.AuthenticationMiddleware"]
    assert house.sweeps_and_middleware_are_there() == (Outcome.BROKEN, "MIDDLEWARE lacks accounts.middleware.AuthenticationMiddleware")


def test_a_migration_that_was_not_applied():
    MigrationRecorder(connection).record_unapplied("privacy", "0003_promises")
    outcome, evidence = house.the_database_is_as_the_program_expects()
    assert outcome == Outcome.BROKEN
    assert "1 migrations are not applied, the first is privacy.0003_promises" in evidence
