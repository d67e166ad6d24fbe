"""Cannot log in (promise C8): asked for in public, answered at the address on file, and the proof gone at once."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import holds
from accounts.openings import key_to
from audit.models import AuditEvent
from mailroom.incoming import take_in
from mailroom.models import OutgoingMail
from support.cases.closing import close
from support.destruction.starting import begin
from support.destruction.working import work_off
from support.models import Case, CaseHold, LoginHelpRequest, Outcome, ProofOfPurchase, State, Trigger
from support.tasks import purge_proofs
from tests.customer import link_in, mail_to
from tests.pages import words_of
from tests.staff import staff_log_in
from tests.support.desk import in_hands_of, page_of
from tests.support.helping import ORDER, PAGE, PLEA, ask, purchase_of
from tests.support.letters import question
from tests.threads import at_once

pytestmark = pytest.mark.django_db


@pytest.fixture
def bought(alice, alices):
    return purchase_of(alice, alices)


@pytest.fixture
def case(bought, sam) -> Case:
    return in_hands_of(sam, ask())


def way_in(client: Client, case: Case) -> str:
    """The address of the button beside the first candidate."""
    found = re.search(r'href="([^"]+/login-help/send/[^"]+)"', client.get(page_of(case)).content.decode())
    assert found
    return found[1]


def mails_about(case: Case) -> list[OutgoingMail]:
    return list(OutgoingMail.objects.filter(cause__startswith=f"case:{case.pk}:").order_by("pk"))


def test_the_page_says_the_quick_ways_first_and_sets_no_cookie():
    answer = Client().get(PAGE)
    words = words_of(answer.content.decode())
    assert words.index("Ask for a new one") < words.index("recovery code") < words.index("tell us about your purchase")
    assert not answer.cookies
    for page in ("/resources/log-in/", "/resources/password/forgotten/"):
        assert PAGE in Client().get(page, follow=True).content.decode()


def test_the_form_opens_a_case_with_a_sealed_proof(bought):
    answer = Client().post(PAGE, PLEA)
    assert not answer.cookies
    assert answer["Cache-Control"] == "no-store"
    case = Case.objects.get()
    assert (case.kind, case.user) == ("login-help", None)
    assert case.proof.told["order_reference"] == ORDER
    rows = str(list(Case.objects.values()) + list(ProofOfPurchase.objects.values()) + list(LoginHelpRequest.objects.values()))
    for secret in ("Alice", "alice", ORDER, "h91", "kitchen", "password is wrong"):
        assert secret not in rows
    assert case.messages.get().text == PLEA["text"], "the proof stands nowhere but in its row"
    assert case.details.name == ""


def test_sent_twice_it_is_one_request(bought):
    first, second = ask(), ask()
    assert first == second
    assert len(mails_about(first)) == LoginHelpRequest.objects.count() == 1
    assert ask(form_number="another") != first


def test_nobody_learns_whether_there_is_such_an_account(bought):
    """The same page, the same mails and the same work for a customer's data and for made-up ones."""

    def tried(**told: str) -> tuple[str, int, int]:
        with CaptureQueriesContext(connection) as captured:
            body = Client().post(PAGE, PLEA | told).content.decode()
        return body, len(captured), len(mails_about(Case.objects.latest("pk")))

    tried(form_number="0")
    OutgoingMail.objects.all().delete()
    known = tried(form_number="1")
    made_up = {"name": "Nobody", "purchase_email": "no@where.example", "order_reference": "0000", "postal_code": "X"}
    assert tried(form_number="2", **made_up) == known
    mails = [mail.text for mail in OutgoingMail.objects.all()]
    assert not any(word in mail for mail in mails for word in ("Alice", "0000", "account"))


def test_the_way_in_goes_to_the_address_on_file_alone(case, sam, alice):
    desk = staff_log_in(sam)
    page = desk.get(way_in(desk, case)).content.decode()
    assert "A…@e….com" in page
    assert ProofOfPurchase.objects.exists(), "asking changes nothing"
    assert desk.post(way_in(desk, case))["Location"] == page_of(case)
    assert link_in(mail_to(alice.email))
    for mail in mails_about(case):
        assert mail.to == alice.email or "/resources/password/" not in mail.text
    assert not ProofOfPurchase.objects.exists()
    case.refresh_from_db()
    assert case.state == State.CLOSED
    assert case.destroy_at - case.closed_at == Case.GRACE
    assert LoginHelpRequest.objects.get().outcome == Outcome.FULFILLED
    event = AuditEvent.objects.get(kind="login_help.given")
    assert (event.user, event.actor, event.detail) == (alice, sam, {"case": case.reference, "role": "Support"})


def test_the_link_lets_the_customer_in(case, sam, alice):
    desk = staff_log_in(sam)
    desk.post(way_in(desk, case))
    browser = Client()
    browser.get(link_in(mail_to(alice.email)))
    browser.post("/resources/password/set/", {"new_password": "a new and long one 77", "repeated": "a new and long one 77"})
    alice.refresh_from_db()
    assert alice.has_usable_password()


def test_whoever_asked_gets_the_same_answer_whatever_is_decided(bought, sam, ada):
    desk, texts = staff_log_in(sam), []
    for number, page in enumerate(("send", "refuse", "keep")):
        who = ada if page == "keep" else sam
        desk = staff_log_in(who)
        case = in_hands_of(who, ask(form_number=str(number)))
        address = way_in(desk, case) if page == "send" else page_of(case, f"login-help/{page}")
        until = (timezone.localdate() + timedelta(days=30)).isoformat()
        assert desk.post(address, {"reason": "too little agrees", "until": until})["Location"] == page_of(case)
        to_them = [mail for mail in mails_about(case) if mail.to == PLEA["email"]]
        told = [message.text for message in case.messages.for_the_customer().order_by("pk")]
        texts.append([mail.text.replace(case.access, "").replace(case.reference, "") for mail in to_them] + told)
    assert texts[0] == texts[1] == texts[2]
    assert len(texts[0]) == 4


def test_refusing_destroys_the_proof_and_mails_no_way_in(case, sam, alice):
    before = OutgoingMail.objects.filter(to=alice.email).count()
    staff_log_in(sam).post(page_of(case, "login-help/refuse"), {"reason": "only the name agrees"})
    assert not ProofOfPurchase.objects.exists()
    assert OutgoingMail.objects.filter(to=alice.email).count() == before
    assert LoginHelpRequest.objects.get().outcome == Outcome.REFUSED
    assert [message.text for message in case.messages.filter(author="note")] == ["only the name agrees"]
    assert "only the name" not in "".join(mail.text for mail in OutgoingMail.objects.all())


def test_kept_for_suspicion_of_fraud_with_a_reason_and_an_end(bought, ada):
    case, desk = in_hands_of(ada, ask()), staff_log_in(ada)
    place = page_of(case, "login-help/keep")
    for until in ("", "2001-01-01", (timezone.localdate() + timedelta(days=366)).isoformat(), "soon", "9999-12-31"):
        assert desk.post(place, {"reason": "ninth address", "until": until}).status_code == 200
    assert desk.post(place, {"reason": "", "until": "2027-01-05"}).status_code == 200
    assert ProofOfPurchase.objects.get().retained_until is None
    desk.post(place, {"reason": "ninth address", "until": (timezone.localdate() + timedelta(days=90)).isoformat()})
    proof = ProofOfPurchase.objects.get()
    assert (proof.retained_reason, proof.retained_by, proof.told["order_reference"]) == ("ninth address", ada, ORDER)
    assert CaseHold.objects.get().until == proof.retained_until
    assert LoginHelpRequest.objects.get().outcome == Outcome.KEPT
    assert purge_proofs() == 0
    assert "ninth address" in desk.get(page_of(case)).content.decode()
    ProofOfPurchase.objects.update(retained_until=timezone.now())
    assert (purge_proofs(), purge_proofs()) == (1, 0)


def test_support_cannot_keep_a_proof(case, sam):
    desk = staff_log_in(sam)
    assert "login-help/keep/" not in desk.get(page_of(case)).content.decode()
    assert desk.post(page_of(case, "login-help/keep"), {"reason": "x", "until": "2027-01-05"}).status_code == 404


def test_a_case_that_is_closed_without_a_decision_keeps_no_proof(case):
    assert purge_proofs() == 0
    close(case)
    assert (purge_proofs(), purge_proofs()) == (1, 0)
    assert LoginHelpRequest.objects.get().outcome == Outcome.CLOSED


def test_whoever_does_not_work_on_the_case_sees_no_such_page(bought, sam, ada, mallory):
    case = ask()
    desk = staff_log_in(sam)
    places = [page_of(case, page) for page in ("login-help/refuse", "login-help/keep", "login-help/send/x")]
    assert {desk.get(place).status_code for place in places} == {404}
    in_hands_of(ada, case)
    assert {desk.post(place, {"reason": "x"}).status_code for place in places} == {404}
    assert {Client().get(place).status_code for place in places} == {302}
    assert ProofOfPurchase.objects.exists()


def test_the_way_in_goes_to_nobody_whom_nothing_leads_to(case, sam, bob):
    desk = staff_log_in(sam)
    for key in (key_to(sam, bob), "x", "x:y:z", key_to(bob, bob)):
        assert desk.post(page_of(case, f"login-help/send/{key}")).status_code in (200, 404)
    assert not OutgoingMail.objects.filter(cause__endswith="way-in").exists()
    assert ProofOfPurchase.objects.exists()


def test_an_account_on_hold_is_no_way_round_the_hold(case, sam, alice):
    holds.place(alice, reason="x", text="x")
    desk = staff_log_in(sam)
    answer = desk.post(way_in(desk, case))
    assert "on hold" in words_of(answer.content.decode())
    assert ProofOfPurchase.objects.exists()
    assert not OutgoingMail.objects.filter(cause__endswith="way-in").exists()


def test_what_staff_see_is_masked_and_that_they_looked_is_recorded(case, sam, alice):
    page = words_of(staff_log_in(sam).get(page_of(case)).content.decode())
    assert "A…@e….com" in page
    assert "100 of 100 points" in page
    assert "Quay Street" not in page
    event = AuditEvent.objects.filter(kind="customer.sought").latest("pk")
    assert (event.user, event.actor, event.detail["case"]) == (alice, sam, case.reference)


@pytest.mark.parametrize(
    "told",
    [
        {"name": ""},
        {"email": "no address"},
        {"email": "a" * 250 + "@example.com"},
        {"name": "\x00"},
        {"text": "x" * 4001},
        {"order_reference": "x" * 71},
        {"text": ["a", "b"], "name": ["", ""]},
        {"form_number": "x" * 65},
    ],
)
def test_what_cannot_be_taken_is_said_and_nothing_is_kept(told):
    assert Client().post(PAGE, PLEA | told).status_code == 200
    assert not Case.objects.exists()


@pytest.mark.parametrize("text", ["\ud83d\ude00 🔑", "‮evil", "<script>alert(1)</script>", "' OR 1=1 --", "İ" * 30])
def test_odd_words_are_words(text, sam):
    case = in_hands_of(
        sam, ask(name=text.encode("utf-8", "replace").decode(), order_reference="#" + text[:20].encode("utf-8", "replace").decode())
    )
    page = staff_log_in(sam).get(page_of(case))
    assert page.status_code == 200
    assert "<script>alert" not in page.content.decode()


def test_another_site_cannot_ask_in_a_visitors_name():
    assert Client().post(PAGE, PLEA, headers={"sec-fetch-site": "cross-site"}).status_code == 403
    assert not Case.objects.exists()


def test_after_many_the_text_comes_back(bought):
    for number in range(5):
        ask(form_number=str(number))
    answer = Client().post(PAGE, PLEA | {"form_number": "6"})
    assert answer.status_code == 429
    assert PLEA["text"] in answer.content.decode()
    assert ask(form_number="4"), "the same form again is no try"


def test_what_hangs_on_the_case_is_destroyed_with_it(case):
    assert ProofOfPurchase.objects.exists()
    begin(case, Trigger.CUSTOMER)
    assert work_off()["destroyed"] == 1
    assert not ProofOfPurchase.objects.exists()
    assert LoginHelpRequest.objects.get().case is None


def test_the_panel_takes_so_many_queries_whatever_there_is(case, sam, alice, alices, django_assert_num_queries):
    desk = staff_log_in(sam)
    desk.get(page_of(case))
    with CaptureQueriesContext(connection) as captured:
        desk.get(page_of(case))
    for number in range(20):
        purchase_of(alice, alices, f"more-{number}")
        LoginHelpRequest.objects.create(order_digest=LoginHelpRequest.objects.first().order_digest, address_digest=f"{number}")
    with django_assert_num_queries(len(captured)):
        desk.get(page_of(case))


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_two_who_decide_at_once_send_one_way_in(alice, alices, sam):
    purchase_of(alice, alices)
    case = in_hands_of(sam, ask())
    desks = [staff_log_in(sam) for _number in range(3)]
    places = [way_in(desk, case) for desk in desks]
    answers = at_once(lambda one: one[0].post(one[1], follow=True).status_code, list(zip(desks, places, strict=True)))
    assert answers == [200] * 3
    assert OutgoingMail.objects.filter(cause__endswith="way-in").count() == 1
    assert AuditEvent.objects.filter(kind="login_help.given").count() == 1
    assert OutgoingMail.objects.filter(to=PLEA["email"]).count() == 2


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_the_same_form_at_once_is_one_request(alice, alices):
    assert at_once(lambda _number: Client().post(PAGE, PLEA).status_code, range(4)) == [200] * 4
    assert Case.objects.count() == ProofOfPurchase.objects.count() == LoginHelpRequest.objects.count() == 1


def told_of(case: Case) -> str:
    """What whoever asked reads on all pages of the case, but for its number and times."""
    client = Client()
    pages = "".join(words_of(client.get(f"/support/cases/{case.access}/{page}").content.decode()) for page in ("", "held/", "destroy/"))
    return re.sub(r"[A-Z0-9]{4}-[A-Z0-9]{4}|\d+:\d+(:\d+)?", "…", pages)


def test_whoever_asked_sees_no_difference_between_sent_and_refused(bought, alice, sam):
    """Not the address on file, to which a mail went, nor that one went, nor by how many notes of staff there are; on the receipt neither."""
    sent, refused = in_hands_of(sam, ask(form_number="1")), in_hands_of(sam, ask(form_number="2"))
    desk = staff_log_in(sam)
    desk.post(way_in(desk, sent))
    desk.post(page_of(refused, "login-help/refuse"), {"reason": "too little"})
    for case in (sent, refused):
        case.refresh_from_db()
        assert case.is_closed
    assert told_of(sent) == told_of(refused)
    assert "The way in" not in told_of(sent)
    receipts = [begin(case, Trigger.CUSTOMER) for case in (sent, refused)]
    assert receipts[0].messages == receipts[1].messages


def test_of_a_kept_proof_there_is_a_note_too(case, ada):
    in_hands_of(ada, case)
    until = timezone.localdate() + timedelta(days=30)
    staff_log_in(ada).post(page_of(case, "login-help/keep"), {"reason": "nine addresses", "until": until.isoformat()})
    assert ProofOfPurchase.objects.get().retained_until
    assert case.messages.filter(author="note").count() == 1


def test_tags_of_an_address_are_one_mailbox_to_the_limit():
    answers = [Client().post(PAGE, PLEA | {"email": f"victim+{n}@example.net"}, REMOTE_ADDR=f"10.0.{n}.1").status_code for n in range(7)]
    assert answers == [200] * 5 + [429] * 2


def test_what_the_owner_answers_to_the_way_in_is_not_read_by_whoever_asked(case, alice, sam):
    """They answer "It was not me!" to a mail whose number belongs to the stranger's case: it is a case of their own."""
    desk = staff_log_in(sam)
    desk.post(way_in(desk, case))
    number = OutgoingMail.objects.get(to=alice.email, cause__startswith="case:").message_id
    take_in(question("It was not me!", sender=f"Alice <{alice.email}>", In_Reply_To=number, References=number))
    assert Case.objects.latest("pk") != case
    assert Case.objects.latest("pk").details.email == alice.email
    page = Client().get(f"/support/cases/{case.access}/").content.decode()
    assert "It was not me!" not in page
    assert alice.email not in page
    case.refresh_from_db()
    assert case.is_closed
