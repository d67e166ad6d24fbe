"""The page of a case: what stands on it, and what whoever works on the case does there (promises C9, C15, G8)."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.holds import place
from audit.models import AuditEvent
from mailroom.models import OutgoingMail
from support.cases.closing import keep_for_fraud
from support.cases.faults import Fault
from support.cases.writing import customer_writes, note
from support.desk import panels
from support.desk.panels import panel
from support.destruction.starting import begin
from support.models import Author, Case, CaseDetails, CaseHold, Channel, Kind, State, Trigger
from tests.pages import words_of
from tests.staff import staff_log_in
from tests.support.cases import incoming, make_case
from tests.support.desk import form_on, page_of, take
from tests.threads import at_once

pytestmark = pytest.mark.django_db


@pytest.fixture
def case(alice, notebook) -> Case:
    return make_case(user=alice, email=alice.email, product=notebook)


@pytest.fixture
def desk(sam, case) -> Client:
    """Sam's browser; he works on Alice's case."""
    return take(staff_log_in(sam), case)


def words_on(client: Client, case: Case) -> str:
    return words_of(client.get(page_of(case)).content.decode())


def mails(occasion: str) -> list[OutgoingMail]:
    return list(OutgoingMail.objects.filter(cause__contains=f":{occasion}"))


def test_the_customer_stands_beside_it(desk, case, alice, ada, notebook_file):
    desk.get(page_of(case))
    words = words_on(desk, case)
    assert "Notebook may have 1.0 of" in words
    assert "5 downloads left" in words
    place(alice, reason="shared", text="Please write to us.", by=ada)
    assert "The account is on hold since" in words_on(desk, case)


def test_what_is_told_and_not_proved_says_so(sam):
    details = CaseDetails(
        subject="Slow", email="v@example.net", version="2.1", circumstances={"browser": "Firefox 140", "cookies": "refused"}
    )
    case = make_case(details=details)
    client = take(staff_log_in(sam), case)
    words = words_on(client, case)
    assert "not proved: anybody could have written this" in words
    for told in ("Slow", "v@example.net", "2.1", "Browser Firefox 140", "Cookies refused"):
        assert told in words
    assert "The customer" not in words.partition("Who asks")[2].partition("Who works on it")[0]
    Case.objects.filter(pk=case.pk).update(address_proved_at=timezone.now())
    assert "the mailbox is proved" in words_on(client, case)


def test_the_thread_has_notes_and_folds_what_is_quoted(desk, case, sam):
    note(case, "He called already.", by=sam)
    customer_writes(case, "Still broken.", Channel.MAIL, quoted="> Please restart it.", sender="work@example.com")
    html = desk.get(page_of(case)).content.decode()
    assert "Internal note of Sam" in html
    assert "From work@example.com, which is not the address of the case" in html
    assert "Please restart it." in html.partition("<details>")[2].partition("</details>")[0]


def test_what_is_likely_wrong_is_said(desk, case, monkeypatch):
    monkeypatch.setattr(
        "support.views.desk.case.likely_faults", lambda of: [Fault("cookies", "Cookies are off", "Ask to allow them for our site.")]
    )
    assert "What is likely wrong Cookies are off Ask to allow them for our site." in words_on(desk, case)


def test_html_is_words(desk, case):
    customer_writes(case, "<script>alert(1)</script> {{ case }}", Channel.MAIL, quoted="<img src=x>")
    html = desk.get(page_of(case)).content.decode()
    assert "<script>alert(1)" not in html
    assert "<img src=x>" not in html
    assert "{{ case }}" in html


def test_an_answer_is_mailed_and_said_once(desk, case):
    form = form_on(desk, case)
    for _time in range(2):
        assert desk.post(page_of(case, "answer"), {**form, "text": "Please restart it.", "answer": "1"}).status_code == 302
    case.refresh_from_db()
    assert (case.state, case.messages.filter(author=Author.STAFF).count()) == (State.ANSWERED, 1)
    (mail,) = mails("answer:")
    assert "Please restart it." in mail.text
    assert "Answer by Sam" in words_on(desk, case)


def test_the_same_words_from_another_form_are_said_again_and_in_another_case_too(desk, case, sam):
    other = make_case()
    take(desk, other)
    form = form_on(desk, case)
    for one, sent in (
        (case, form),
        (other, form | {"seen": form_on(desk, other)["seen"]}),
        (case, form_on(desk, case) | {"form_number": "x"}),
    ):
        sent = sent | {"seen": form_on(desk, one)["seen"]}
        assert desk.post(page_of(one, "answer"), {**sent, "text": "Please restart it.", "answer": "1"}).status_code == 302
    assert (case.messages.filter(author=Author.STAFF).count(), other.messages.filter(author=Author.STAFF).count()) == (2, 1)


def test_answer_and_close(desk, case):
    form = form_on(desk, case)
    desk.post(page_of(case, "answer"), {**form, "text": "It is mended in 2.1.", "answer_and_close": "1"})
    case.refresh_from_db()
    assert case.is_closed
    assert case.destroy_at
    assert (len(mails("answer:")), len(mails("closed:"))) == (1, 1)
    customer_writes(case, "It is not.", Channel.MAIL)
    desk.post(page_of(case, "answer"), {**form, "text": "It is mended in 2.1.", "answer_and_close": "1"})
    case.refresh_from_db()
    assert case.state == State.OPEN, "a form that is sent again closes nothing again"


def test_close_and_open_again(desk, case):
    desk.post(page_of(case, "close"), form_on(desk, case))
    assert "The case is closed." in words_on(desk, case)
    desk.post(page_of(case, "close"), form_on(desk, case))
    assert len(mails("closed:")) == 1
    desk.post(page_of(case, "reopen"))
    case.refresh_from_db()
    assert (case.state, case.destroy_at) == (State.OPEN, None)


def test_a_note_is_no_answer(desk, case):
    desk.post(page_of(case, "note"), {**form_on(desk, case), "text": "Ask Ada."})
    case.refresh_from_db()
    assert (case.state, case.messages.filter(author=Author.NOTE).count()) == (State.OPEN, 1)
    assert not mails("answer:")


@pytest.mark.parametrize("button", ["answer", "answer_and_close"])
def test_what_was_written_meanwhile_is_shown_first_and_nothing_is_lost(desk, case, button):
    form = form_on(desk, case)
    customer_writes(case, "Forget it, it works now.", Channel.MAIL)
    page = desk.post(page_of(case, "answer"), {**form, "text": "Please restart it.", button: "1"})
    assert page.status_code == 409
    html = page.content.decode()
    assert html.count(" is-new") == 1
    assert "Forget it, it works now." in html
    assert "Please restart it.</textarea>" in html
    assert not mails("answer:")
    assert f'name="form_number" value="{form["form_number"]}"' in html
    desk.post(page_of(case, "answer"), {**form, "seen": page.context["thread"].last, "text": "Please restart it.", button: "1"})
    assert len(mails("answer:")) == 1


def test_nobody_closes_what_they_have_not_read(desk, case):
    form = form_on(desk, case)
    customer_writes(case, "One more thing.", Channel.MAIL)
    assert desk.post(page_of(case, "close"), form).status_code == 409
    case.refresh_from_db()
    assert not case.is_closed


@pytest.mark.parametrize("seen", ["", "x", "-1", "9" * 40, "\u0663"])
def test_a_form_that_does_not_say_what_was_read_sends_nothing(desk, case, seen):
    status = desk.post(page_of(case, "answer"), {"seen": seen, "text": "Hello", "answer": "1"}).status_code
    assert status == 409
    assert not mails("answer:")


@pytest.mark.parametrize("text", ["", "   ", "a\0b", "x" * 20_001])
@pytest.mark.parametrize("act", ["answer", "note"])
def test_what_cannot_be_taken_comes_back(desk, case, act, text):
    page = desk.post(page_of(case, act), {**form_on(desk, case), "text": text, "answer": "1"})
    assert page.status_code == 200
    assert text.strip()[:50] in page.content.decode()
    assert case.messages.count() == 1


@pytest.mark.parametrize("act", ["answer", "note"])
def test_whoever_loses_the_case_while_writing_keeps_the_words(desk, case, ada, act):
    form = form_on(desk, case)
    Case.objects.update(assigned_to=ada)
    page = desk.post(page_of(case, act), {**form, "text": "Please <restart> it.", "answer": "1"})
    assert page.status_code == 409
    html = page.content.decode()
    assert "Ada works on this case now" in html
    assert "Please &lt;restart&gt; it.</textarea>" in html
    assert "It does not start." not in html, "and reads nothing more of it"


@pytest.mark.parametrize("act", ["answer", "note"])
def test_whoever_writes_in_a_case_that_is_being_destroyed_keeps_the_words(desk, case, act):
    form = form_on(desk, case)
    begin(case, Trigger.CUSTOMER)
    page = desk.post(page_of(case, act), {**form, "text": "Please restart it.", "answer": "1"})
    assert page.status_code == 409
    assert "Please restart it.</textarea>" in page.content.decode()
    assert "nothing can be written in it" in words_of(page.content.decode())
    for button in ("close", "reopen"):
        assert "Nothing was done" in words_of(desk.post(page_of(case, button), form, follow=True).content.decode())


def test_administration_keeps_a_case_for_a_suspicion_of_fraud_and_lets_go_of_it(ada, sam, case, desk):
    adas, until = staff_log_in(ada), (timezone.localdate() + timedelta(days=30)).isoformat()
    assert desk.get(page_of(case, "keep")).status_code == desk.post(page_of(case, "lift")).status_code == 403
    assert desk.post(page_of(case, "keep"), {"reason": "x", "until": until}).status_code == 403
    for wrong in ("", "x", timezone.localdate().isoformat(), "2999-01-01", "9999-12-31", "0001-01-01"):
        page = adas.post(page_of(case, "keep"), {"reason": "Nine addresses", "until": wrong})
        assert 'aria-invalid="true"' in page.content.decode()
    adas.post(page_of(case, "keep"), {"reason": "Nine addresses", "until": until})
    hold = CaseHold.objects.get()
    assert (hold.reason, hold.placed_by, timezone.localtime(hold.until).date().isoformat()) == ("Nine addresses", ada, until)
    for client in (adas, desk):
        assert "Kept for a suspicion of fraud" in words_on(client, case)
    again = adas.post(page_of(case, "keep"), {"reason": "Again", "until": until}, follow=True)
    assert "It is kept already." in words_of(again.content.decode())
    adas.post(page_of(case, "lift"))
    assert CaseHold.objects.get().lifted_at
    assert "There is no hold" in words_of(adas.post(page_of(case, "lift"), follow=True).content.decode())
    assert [event.kind for event in AuditEvent.objects.filter(kind__startswith="case.h").order_by("pk")] == [
        "case.held",
        "case.hold_lifted",
    ]


def test_nobody_decides_about_a_case_of_their_own_and_nothing_is_kept_of_what_is_being_destroyed(ada):
    adas, form = staff_log_in(ada), {"reason": "x", "until": (timezone.localdate() + timedelta(days=3)).isoformat()}
    own, going = make_case(email=ada.email), make_case()
    begin(going, Trigger.CUSTOMER)
    for case in (own, going):
        assert adas.get(page_of(case, "keep")).status_code == adas.post(page_of(case, "keep"), form).status_code == 302
    assert not CaseHold.objects.exists()


def test_nobody_lets_go_of_a_hold_on_a_case_of_their_own(ada, sam):
    own = make_case(email=ada.email)
    keep_for_fraud(own, reason="x", until=timezone.now() + timedelta(days=3), by=sam)
    page = staff_log_in(ada).post(page_of(own, "lift"), follow=True)
    assert "Nobody decides about a case of their own." in words_of(page.content.decode())
    assert CaseHold.objects.get().lifted_at is None


def test_a_hold_that_is_over_is_not_shown(desk, case, ada):
    keep_for_fraud(case, reason="x", until=timezone.now() + timedelta(days=3), by=ada)
    CaseHold.objects.update(until=timezone.now() - timedelta(days=1))
    assert "Kept for a suspicion of fraud" not in words_on(desk, case)


def test_a_kind_of_case_has_panels_of_its_own(desk, case, sam, monkeypatch):
    monkeypatch.setattr(panels, "panels", [])

    @panel(Kind.CORRECTION, template="admin/support/desk/facts.html")
    def correction(request, of):
        assert request.user == sam
        return {"case": "overridden", "hold": of}

    assert "First answer" not in words_on(desk, case)
    other = make_case(kind=Kind.CORRECTION)
    take(desk, other)
    assert "First answer" in words_on(desk, other)


@pytest.mark.parametrize("number", [2, 59])
def test_it_asks_the_same_questions_of_a_short_and_of_a_long_case(sam, alice, notebook, notebook_file, django_assert_num_queries, number):
    case = make_case(user=alice, email=alice.email, product=notebook, files=[incoming()])
    client = take(staff_log_in(sam), case)
    for count in range(number):
        note(case, f"Note {count}.", by=sam)
    client.get(page_of(case))
    with django_assert_num_queries(25):
        page = client.get(page_of(case))
    assert len(page.context["thread"].entries) == min(number + 1, 50)


def test_a_long_case_has_pages(desk, case, sam):
    for number in range(55):
        note(case, f"Note {number:02}.", by=sam)
    first, second = words_on(desk, case), words_of(desk.get(f"{page_of(case)}?page=2").content.decode())
    assert ("Note 54." in first, "It does not start." in first, "Earlier messages" in first) == (True, False, True)
    assert ("Note 54." in second, "It does not start." in second, "Later messages" in second) == (False, True, True)
    desk.post(page_of(case, "answer"), {**form_on(desk, case), "text": "Yes.", "answer": "1"})
    assert len(mails("answer:")) == 1


def test_an_answer_from_an_earlier_page_has_read_the_latest(desk, case, sam):
    for number in range(55):
        note(case, f"Note {number:02}.", by=sam)
    page = desk.get(f"{page_of(case)}?page=2")
    assert page.context["thread"].last == case.messages.order_by("-pk").first().pk


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_an_answer_sent_eight_times_at_once_is_one(desk, case):
    form = {**form_on(desk, case), "text": "Please restart it.", "answer": "1"}
    at_once(lambda _number: desk.post(page_of(case, "answer"), form), range(8))
    assert case.messages.filter(author=Author.STAFF).count() == len(mails("answer:")) == 1


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_answer_and_customer_at_once_never_pass_each_other_unread(desk, case):
    form = {**form_on(desk, case), "text": "Please restart it.", "answer": "1"}
    works = [lambda: desk.post(page_of(case, "answer"), form).status_code, lambda: customer_writes(case, "Wait!", Channel.MAIL)]
    status, _message = at_once(lambda act: act(), works)
    order = list(case.messages.order_by("pk").values_list("author", flat=True))
    assert order == (["customer", "staff", "customer"] if status == 302 else ["customer", "customer"])
    assert Case.objects.get().state == State.OPEN
