"""D3: the apps share one schema; two cookies let in and one remembers; log-ins and downloads are recorded; workers send and purge."""

from collections.abc import Callable
from io import StringIO

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection, connections

from announcements.models import Delivery
from announcements.models.delivery import DeliveryState
from audit.models import AuditEvent
from infacta.management.commands import work
from infacta.schedule import SWEEPS
from privacy.models import SweepRun
from support.models import Case
from support.models.case import Life
from tests.announcements.mailing import make_announcement
from tests.customer import log_in
from tests.support.destroyed import due_case

pytestmark = pytest.mark.django_db


def test_d03_all_rooms_keep_their_tables_in_one_database():
    assert list(connections) == ["default"]
    tables = set(connection.introspection.table_names())
    ours = {model._meta.db_table for model in apps.get_models(include_auto_created=True) if model._meta.managed}
    assert ours <= tables
    call_command("migrate", check_unapplied=True, stdout=StringIO())


def test_d03_the_session_and_remember_me_cookies_are_the_middlewares_work(alice):
    client = log_in(alice, remember="on")
    assert {"session", "authentication", "account"} <= set(client.cookies)
    assert client.get("/resources/").status_code == 200
    del client.cookies["session"]
    assert client.get("/resources/").status_code == 302, "what remembers lets nobody in"


def test_d03_log_ins_and_downloads_are_in_one_log(alice, alices, notebook_file):
    log_in(alice).post(f"/resources/downloads/{alices.pk}/", {"file": notebook_file.pk})
    events = AuditEvent.objects.filter(user=alice, kind__in=["login.succeeded", "download.taken"]).order_by("pk")
    assert list(events.values_list("kind", flat=True)) == ["login.succeeded", "download.taken"]


@pytest.fixture
def sweep(monkeypatch) -> Callable[[str], None]:
    """What the embedded worker does when the sweep of this name is due; within the test's own connection."""
    monkeypatch.setattr(work, "close_old_connections", lambda: None)
    return lambda name: work.run(next(one for one in SWEEPS if one.task == name))


def test_d03_a_worker_purges_what_support_was_told(sweep):
    case = due_case()
    sweep("support.tasks.purge_support")
    assert Case.objects.get(pk=case.pk).life == Life.DESTROYED


def test_d03_a_worker_sends_announcements_and_whoever_looks_sees_that_it_did(alice, sweep, settings):
    settings.CELERY_BROKER_URL = ""  # the sweep itself sends, as where there is no broker
    make_announcement()
    sweep("announcements.tasks.send_announcements")
    assert Delivery.objects.get().state == DeliveryState.SENT
    assert SweepRun.objects.get().task == "announcements.tasks.send_announcements"
