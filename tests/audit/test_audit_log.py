"""The audit log: facts are added, read, never changed, and end with their retention."""

import pytest
from asgiref.sync import async_to_sync
from django.db import connection, models, transaction
from django.test import Client
from django.utils import timezone
from django.utils.timezone import localtime

from audit.kinds import Kind
from audit.log import record
from audit.models import AppendOnly, AuditEvent, Seal
from audit.tasks import seal_events
from tests.cast import PASSWORD
from tests.customer import log_in, try_log_in
from tests.pages import words_of
from tests.staff import enrolled, give_password, open_record, staff_log_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def event(alice) -> AuditEvent:
    return AuditEvent.objects.filter(user=alice).latest("pk")


def kinds(**conditions: object) -> list[str]:
    return list(AuditEvent.objects.filter(**conditions).order_by("pk").values_list("kind", flat=True))


def change(event: AuditEvent) -> None:
    event.kind = Kind.LOGIN_SUCCEEDED
    event.save()


WAYS = {
    "save": change,
    "save of one field": lambda event: event.save(update_fields=["kind"]),
    "save with a key of one's own": lambda event: AuditEvent(pk=event.pk, kind="x").save(),
    "delete": lambda event: event.delete(),
    "update": lambda event: AuditEvent.objects.filter(pk=event.pk).update(kind="x"),
    "update of all": lambda event: AuditEvent.objects.update(kind="x"),
    "update_or_create": lambda event: AuditEvent.objects.update_or_create(pk=event.pk, defaults={"kind": "x"}),
    "save past save": lambda event: AuditEvent(pk=event.pk, kind="x").save_base(raw=True),
    "update by Django's own manager": lambda event: AuditEvent._base_manager.filter(pk=event.pk).update(kind="x"),
    "update past update": lambda event: AuditEvent.objects.filter(pk=event.pk)._update([]),
    "delete past delete": lambda event: AuditEvent.objects.filter(pk=event.pk)._raw_delete("default"),
    "delete by Django's own manager": lambda event: AuditEvent._base_manager.all().delete(),
    "update from afar": lambda event: async_to_sync(AuditEvent.objects.all().aupdate)(kind="x"),
    "delete from afar": lambda event: async_to_sync(event.adelete)(),
    "bulk_update": lambda event: AuditEvent.objects.bulk_update([event], ["kind"]),
    "bulk_create over what is there": lambda event: AuditEvent.objects.bulk_create(
        [AuditEvent(pk=event.pk, kind="x")], update_conflicts=True, unique_fields=["id"], update_fields=["kind"]
    ),
    "bulk_create by position": lambda event: AuditEvent.objects.bulk_create(
        [AuditEvent(pk=event.pk, kind="x")], None, False, True, ["kind"], ["id"]
    ),
    "bulk_update of nothing": lambda event: AuditEvent.objects.bulk_update([], ["kind"]),
    "delete of a query": lambda event: AuditEvent.objects.filter(pk=event.pk).delete(),
    "delete of all": lambda event: AuditEvent.objects.all().delete(),
    "a query of one person": lambda event: AuditEvent.objects.filter(user=event.user).delete(),
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_no_way_changes_or_removes_an_event(event, way):
    before = list(AuditEvent.objects.values())
    with pytest.raises(AppendOnly, match="append-only"), transaction.atomic():
        way(event)
    assert list(AuditEvent.objects.values()) == before


def test_many_are_added_at_once_and_none_is_written_over(event):
    AuditEvent.objects.bulk_create([AuditEvent(kind=Kind.LOGIN_FAILED), AuditEvent(kind=Kind.LOGIN_FAILED)])
    assert AuditEvent.objects.filter(kind="login.failed").count() == 2
    AuditEvent.objects.bulk_create([AuditEvent(pk=event.pk, kind="x")], ignore_conflicts=True)
    assert not AuditEvent.objects.filter(kind="x").exists()


def test_whoever_is_in_the_log_is_not_deleted_from_under_it(alice, event):
    with pytest.raises(models.ProtectedError):
        alice.delete()
    event.refresh_from_db()
    assert event.user == alice


@pytest.mark.parametrize("person", ["ada", "sam"])
def test_staff_read_it_and_change_nothing(request, person, event):
    staff = request.getfixturevalue(person)
    client = staff_log_in(staff)
    if person == "sam":
        open_record(client, event.user)
    before = AuditEvent.objects.filter(pk=event.pk).values().get()
    page = client.get(f"/staff/audit/auditevent/{event.pk}/change/").content.decode()
    assert words_of(page).count(event.get_kind_display())
    assert 'name="_save"' not in page
    for path, form in {
        "add/": {"kind": "login.failed"},
        f"{event.pk}/change/": {"kind": "login.failed", "detail": "{}"},
        f"{event.pk}/delete/": {"post": "yes"},
        "": {"action": "delete_selected", "_selected_action": event.pk, "post": "yes"},
    }.items():
        client.post(f"/staff/audit/auditevent/{path}", form)
    assert AuditEvent.objects.filter(pk=event.pk).values().get() == before
    assert not AuditEvent.objects.filter(kind="login.failed").exists()


@pytest.mark.parametrize("words", ["alice@example.com", "127.0.0.1"])
def test_it_is_searched_by_whole_address_alone(ada, alice, bob, words):
    log_in(alice)
    client = staff_log_in(ada)
    found = client.get("/staff/audit/auditevent/", {"q": words}).content.decode()
    assert "logged in" in found
    assert "bob@example.org" not in found.partition("changelist-filter")[0]
    assert "0 audit events" in client.get("/staff/audit/auditevent/", {"q": words[:-1]}).content.decode()


def test_the_list_shows_seconds(ada, event):
    page = words_of(staff_log_in(ada).get("/staff/audit/auditevent/").content.decode())
    assert f"{localtime(event.at):%H:%M:%S} " in page


@pytest.mark.parametrize(("person", "status"), [("ada", 200), ("sam", 403)])
def test_seals_are_read_by_administration_alone(request, person, status, event):
    seal_events()
    staff, seal = request.getfixturevalue(person), Seal.objects.get()
    client = staff_log_in(staff)
    for path in ("", f"{seal.pk}/change/"):
        answer = client.get(f"/staff/audit/seal/{path}")
        assert answer.status_code == status
        assert (f"{seal.first_id} {seal.last_id} {seal.count}" in words_of(answer.content.decode())) == (status == 200 and not path)
        assert (seal.head in answer.content.decode()) == (status == 200 and bool(path))
    for path in ("add/", f"{seal.pk}/change/", f"{seal.pk}/delete/"):
        assert client.post(f"/staff/audit/seal/{path}", {"post": "yes", "hash": "x"}).status_code == 403
    assert Seal.objects.get().hash == seal.hash


def test_strangers_and_customers_do_not_see_it(alice, event):
    for client in (Client(), log_in(alice)):
        assert client.get("/staff/audit/auditevent/").status_code == 302


def test_what_alice_does_is_recorded_in_order(alice, alices, notebook_file):
    assert kinds(user=alice) == ["account.opened", "entitlement.granted", "unlock_code.issued"]
    try_log_in(alice.email, "wrong")
    client = log_in(alice)
    client.post(f"/resources/downloads/{alices.pk}/", {"file": notebook_file.pk})
    notebook_file.file.storage.delete(notebook_file.stored_as)
    client.post(f"/resources/downloads/{alices.pk}/", {"file": notebook_file.pk})
    client.post("/resources/account/password/", {"current_password": PASSWORD, "new_password": "another long phrase"})
    client.post("/resources/log-out/")
    Client().post("/resources/password/forgotten/", {"email": alice.email})
    assert kinds(user=alice)[3:] == [
        "login.failed",
        "login.succeeded",
        "download.taken",
        "download.refused",
        "password.changed",
        "login.succeeded",
        "login.ended",
        "password.requested",
    ]


def test_what_staff_do_at_the_door_is_recorded(sam):
    enrolled(sam)
    client = Client()
    give_password(sam, client, "wrong")
    give_password(sam, client)
    client.post("/staff/second-factor/", {"token": "12"})
    staff_log_in(sam)
    assert kinds(user=sam) == ["login.failed", "second_factor.failed", "login.succeeded"]


def test_an_event_tells_when_who_and_from_where(alice, settings):
    settings.TRUSTED_PROXIES = ["127.0.0.1"]
    before = timezone.now()
    Client(headers={"X-Forwarded-For": "203.0.113.9"}).post("/resources/log-in/", {"email": alice.email, "password": PASSWORD})
    event = AuditEvent.objects.get(kind="login.succeeded")
    assert before <= event.at <= timezone.now()
    assert (event.user, event.actor, event.ip) == (alice, None, "203.0.113.9")


def test_a_guess_at_nobodys_address_is_recorded_without_the_address(alice):
    try_log_in("nobody@example.com", "a secret word")
    event = AuditEvent.objects.get(kind="login.failed")
    assert (event.user, event.ip) == (None, "127.0.0.1")
    assert "nobody" not in str(event.detail)
    assert "secret" not in str(event.detail)


def test_no_event_holds_contact_data_or_secrets(alice, alices, notebook_file):
    client = log_in(alice)
    client.post(f"/resources/downloads/{alices.pk}/", {"file": notebook_file.pk})
    details = " ".join(str(event.detail) for event in AuditEvent.objects.all()).lower()
    for secret in (alice.email.lower(), "archer", "quay", PASSWORD, alices.unlock_codes.get().code.lower()):
        assert secret not in details


def test_an_event_belongs_to_the_transaction_that_caused_it(alice):
    def cause() -> None:
        record(Kind.LOGIN_FAILED, user=alice)
        raise RuntimeError

    with pytest.raises(RuntimeError), transaction.atomic():
        cause()
    assert not AuditEvent.objects.filter(kind="login.failed").exists()


def test_the_vocabulary_is_subject_and_action_with_words_for_people():
    for kind in Kind:
        subject, _dot, action = kind.value.partition(".")
        assert subject.replace("_", "").isalpha()
        assert action.replace("_", "").isalpha()
        assert str(kind.label) != kind.value
        assert len(kind.value) <= 40


def test_the_log_is_read_by_index_however_long_it_is(alice):
    """What a page of one person's events costs does not grow with everybody's."""
    sql, params = AuditEvent.objects.filter(user=alice).order_by("-at", "-pk")[:10].query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {'QUERY PLAN ' if connection.vendor == 'sqlite' else ''}{sql}", params)
        plan = str(cursor.fetchall())
    assert "audit_user_at" in plan or connection.vendor != "sqlite"
