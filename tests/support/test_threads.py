"""A case as whoever asked sees it: by the link from the mail, and in the area."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from mailroom.models import OutgoingMail
from support.cases.attaching import attach
from support.cases.closing import keep_for_fraud
from support.cases.writing import answer, customer_writes, note
from support.destruction.starting import begin
from support.models import Case, Channel, Destruction, Life, State, Trigger
from support.vault import files
from tests.customer import log_in
from tests.pages import words_of
from tests.support.cases import incoming, make_case
from tests.support.pages import link_of, place_of, upload, write

pytestmark = pytest.mark.django_db


@pytest.fixture
def case(alice) -> Case:
    return make_case(user=alice, email=alice.email)


@pytest.fixture(params=["link", "area"])
def way(request, case, alice) -> tuple[Client, str]:
    """A browser, and the address of the case in it."""
    return (Client(), link_of(case)) if request.param == "link" else (log_in(alice), place_of(case))


def read(way: tuple[Client, str], page: str = "") -> str:
    return words_of(way[0].get(way[1] + page).content.decode())


def test_what_was_said_is_shown_and_notes_are_not(way, case, sam):
    answer(case, "Please restart it.\n\nhttps://example.com/<b>", by=sam)
    note(case, "He called already.", by=sam)
    customer_writes(case, "I did.", Channel.MAIL, quoted="> Please restart it.", sender="other@example.net")
    page = way[0].get(way[1]).content.decode()
    words = words_of(page)
    for text in ("It does not start.", "Please restart it.", "I did.", "By mail from other@example.net", "Quoted text"):
        assert text in words
    assert "He called already." not in words
    assert '<a href="https://example.com' not in page
    assert "&lt;b&gt;" in page
    assert "<details>" in page
    assert "sam@vendor.example" not in page


def test_a_reply_with_files_is_kept_once(way, case):
    client, path = way
    response = write(client, path, attachments=[upload("a.txt", b"A"), upload("b.txt", b"B")])
    assert response["Location"] == f"{path}?done=written"
    assert "Your message has reached us." in words_of(client.get(response["Location"]).content.decode())
    message = case.messages.last()
    assert (message.text, message.channel) == ("It happened again.", Channel.FORM if path.startswith("/support") else Channel.AREA)
    assert [b"".join(file.content()) for file in message.files.all()] == [b"A", b"B"]


def test_what_was_done_is_said_in_our_words_alone(client, case):
    assert "Hello" not in client.get(f"{link_of(case)}?done=Hello").content.decode()


@pytest.mark.parametrize("text", ["", "\x00", "x" * 20_001])
def test_what_cannot_be_sent_comes_back(way, case, text):
    response = way[0].post(way[1], {"text": text})
    assert response.status_code == 200
    assert response.context["form"].errors
    assert case.messages.count() == 1


def test_too_many_messages_wait_and_the_text_stays(way, case):
    for number in range(20):
        assert write(*way, text=f"Message {number}").status_code == 302
    response = write(*way, text="One too many")
    assert response.status_code == 429
    assert "One too many" in response.content.decode()


def test_a_full_disk_is_told_and_nothing_is_kept(way, case, monkeypatch):
    def full(*_args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("support.cases.attaching.files.append", full)
    response = write(*way, attachments=upload())
    assert "We cannot keep files at the moment" in words_of(response.content.decode())
    assert "It happened again." in response.content.decode()
    assert case.messages.count() == 1


# Files

EVIL = [
    ("page.html", b"<script>alert(1)</script>", "text/html"),
    ("picture.svg", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "image/svg+xml"),
    ("../../etc/passwd", b"root", "text/plain"),
    ('a\r\nSet-Cookie: x=1".txt', b"x", "text/plain"),
    ("\u202egnp.exe", b"MZ", "image/png"),
]


@pytest.mark.parametrize(("name", "content", "content_type"), EVIL)
def test_files_are_saved_and_never_rendered(way, case, name, content, content_type):
    file = upload(name, content)
    file.content_type = content_type
    write(*way, attachments=file)
    kept = case.files.get()
    response = way[0].get(f"{way[1]}files/{kept.pk}/")
    assert b"".join(response.streaming_content) == content
    assert response["Content-Type"] == "application/octet-stream"
    assert response["Content-Disposition"].startswith("attachment; filename")
    assert "\n" not in response["Content-Disposition"]
    assert "/" not in kept.name
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert response["Cache-Control"] == "no-store"
    assert not response.cookies
    assert f'href="{way[1]}files/{kept.pk}/"' in way[0].get(way[1]).content.decode()


def test_a_file_is_of_its_case_alone(way, case, sam, bob):
    other = make_case(user=bob, files=[incoming()]).files.get()
    (hidden,) = attach(note(case, "See the file.", by=sam), [incoming()])
    for number in (other.pk, hidden.pk, 0, 10**30):
        assert way[0].get(f"{way[1]}files/{number}/").status_code == 404


def test_a_file_that_is_gone_or_damaged_is_not_there(way, case):
    write(*way, attachments=[upload("a.txt"), upload("b.txt")])
    first, second = case.files.all()
    files.path_of(case.key_name, first.stored_as).write_bytes(b"\x00" * 50)
    files.destroy(case.key_name, second.stored_as)
    assert [way[0].get(f"{way[1]}files/{file.pk}/").status_code for file in (first, second)] == [404, 404]


def test_a_file_streams(way, case):
    write(*way, attachments=upload("big.bin", b"x" * 3_000_000))
    pieces = [len(piece) for piece in way[0].get(f"{way[1]}files/{case.files.get().pk}/").streaming_content]
    assert sum(pieces) == 3_000_000
    assert max(pieces) <= files.PIECE


# Closing, opening again, destroying


def test_the_times_of_first_answer_and_closing_are_seen(way, case, sam):
    assert "First answer not yet" in read(way)
    answer(case, "Please restart it.", by=sam)
    assert way[0].post(f"{way[1]}close/")["Location"] == f"{way[1]}?done=closed"
    case.refresh_from_db()
    page = read(way)
    assert f"First answer {timezone.localtime(case.first_answered_at):%-d %B %Y, %H:%M}" in page
    assert f"Destroyed on {case.destroy_at:%-d %B %Y}" in page
    assert "Writing opens it again" in page
    assert way[0].post(f"{way[1]}close/").status_code == 302
    assert OutgoingMail.objects.filter(cause__contains=":closed:").count() == 1
    way[0].post(f"{way[1]}reopen/")
    case.refresh_from_db()
    assert (case.state, case.destroy_at) == (State.OPEN, None)


def test_the_link_proves_the_mailbox_once(case, client):
    client.get(link_of(case))
    case.refresh_from_db()
    first = case.address_proved_at
    assert first
    client.get(link_of(case))
    case.refresh_from_db()
    assert case.address_proved_at == first


def test_the_area_proves_no_mailbox(case, alice):
    log_in(alice).get(place_of(case))
    case.refresh_from_db()
    assert case.address_proved_at is None


def test_destroying_says_what_goes_and_then_nobody_reads_it(way, case, sam):
    client, path = way
    answer(case, "Please restart it.", by=sam)
    note(case, "He called already.", by=sam)
    write(client, path, attachments=[upload(), upload("b.txt")])
    page = read(way, "destroy/")
    assert all(words in page for words in ("3 messages of yours and of ours", "1 note of our staff", "2 files"))
    assert Case.objects.get().life == Life.LIVE
    response = client.post(f"{path}destroy/")
    destruction = Destruction.objects.get()
    assert destruction.trigger == Trigger.CUSTOMER
    assert destruction.number in response.content.decode()
    assert "From this moment on nobody can read case" in words_of(response.content.decode())
    assert "It does not start." not in client.get(path).content.decode()


def test_what_is_destroyed_can_be_read_by_no_page(case, alice):
    link, place, customer = link_of(case), place_of(case), log_in(alice)
    begin(case, Trigger.CUSTOMER)
    for page in ("", "held/", "destroy/", "files/1/"):
        assert Client().get(link + page).status_code == 404
        assert "This case is being destroyed" in customer.get(place + page).content.decode()
    Case.objects.update(life=Life.DESTROYED, destroyed_at=timezone.now())
    assert "was destroyed on" in words_of(customer.get(place).content.decode())


def test_what_somebody_writes_too_late_is_not_lost(case, alice):
    link, place, customer = link_of(case), place_of(case), log_in(alice)
    begin(case, Trigger.CUSTOMER)
    late = customer.post(place, {"text": "It <b>happened</b> again."}, HTTP_SEC_FETCH_SITE="same-origin")
    assert late.status_code == 410
    assert "It &lt;b&gt;happened&lt;/b&gt; again." in late.content.decode()
    by_link = Client().post(link, {"text": "It happened again."}, HTTP_SEC_FETCH_SITE="same-origin")
    assert (by_link.status_code, "It happened again." in by_link.content.decode()) == (404, True)
    assert "It happened" not in Client().post(link, {"text": "It happened"}, HTTP_SEC_FETCH_SITE="cross-site").content.decode()
    assert case.messages.count() == 1


@pytest.mark.parametrize("work", ["", "close/", "reopen/", "destroy/"])
def test_a_destruction_that_begins_between_looking_and_acting_wins(way, case, monkeypatch, work):
    """The page found the case alive; another request began to destroy it before this one had the lock."""
    monkeypatch.setattr("support.views.doors.case_behind", lambda _access: stale)
    stale = Case.objects.get()
    monkeypatch.setattr(Case, "may_be_written_in", True)
    begin(case, Trigger.CUSTOMER)
    response = way[0].post(f"{way[1]}{work}", {"text": "x"})
    assert response.status_code in (404, 410)
    assert Destruction.objects.count() == 1


def test_a_suspicion_of_fraud_keeps_the_case_and_says_so(way, case, sam):
    keep_for_fraud(case, reason="Same order from nine addresses", until=timezone.now() + timedelta(days=30), by=sam)
    assert "kept until" in read(way)
    assert "This is not possible before" in read(way, "destroy/")
    assert way[0].post(f"{way[1]}destroy/").status_code == 409
    assert Case.objects.get().life == Life.LIVE
    assert "Same order from nine addresses" in read(way, "held/")


# Long threads


@pytest.mark.parametrize(("path", "cost"), [(link_of, 6), (place_of, 7)])
def test_a_thread_has_pages_and_costs_the_same_however_long_it_is(case, alice, sam, django_assert_num_queries, path, cost):
    client, path = log_in(alice), path(case)
    client.get(path)
    answer(case, "First", by=sam)
    write(client, place_of(case), attachments=upload())
    with django_assert_num_queries(cost):
        client.get(path)
    for number in range(35):
        answer(case, f"Answer {number}.", by=sam)
    for number in range(5):
        write(client, place_of(case), f"Reply {number}.", attachments=[upload(), upload("b.txt")])
    with django_assert_num_queries(cost):
        page = words_of(client.get(path).content.decode())
    assert "Reply 4." in page
    assert "It does not start." not in page
    assert "It does not start." in words_of(client.get(f"{path}?page=2").content.decode())


def test_a_copy_of_a_file_is_mailed_to_the_address_of_the_case(way, case, bob):
    client, path = way
    file = make_case(user=case.user, email=case.details.email, files=[incoming()]).files.get()
    others = f"{path}files/{file.pk}/copy/"
    assert client.post(others).status_code == 404
    write(client, path, attachments=[upload("a.txt", b"A")])
    own = f"{path}files/{case.files.get().pk}/copy/"
    assert client.get(own).status_code == 405
    assert client.post(own)["Location"] == client.post(own)["Location"] == f"{path}?done=copied"
    mail = OutgoingMail.objects.exclude(attached="").get()
    assert mail.to == case.details.email
    assert "is on its way" in words_of(client.get(f"{path}?done=copied").content.decode())
    begin(case, Trigger.CUSTOMER)
    assert client.post(own).status_code == (404 if path.startswith("/support") else 410)
