"""Corrections of what is recorded (promise C18): asked for, made by a button or by hand, refused with a reason."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from audit.models import AuditEvent
from mailroom.models import OutgoingMail
from purchases.models import Purchase
from support.destruction.starting import begin
from support.destruction.working import work_off
from support.models import Case, Correction, CorrectionRequest, Kind, State, Trigger
from support.tasks import purge_corrections
from tests.customer import log_in
from tests.pages import words_of
from tests.staff import staff_log_in
from tests.support.cases import make_case
from tests.support.desk import in_hands_of, page_of
from tests.support.helping import purchase_of
from tests.threads import at_once

pytestmark = pytest.mark.django_db
PLACE = "/resources/support/correction/"
WISH = {"about": "contact", "present": "Alice Archer", "wanted": "Alice Baker", "why": "I have married.", "form_number": "1"}


def wish(alice: User, client: Client | None = None, **told: str) -> Case:
    answer = (client or log_in(alice)).post(PLACE, WISH | told)
    assert answer.status_code == 302, answer.content.decode()
    return Case.objects.latest("pk")


@pytest.fixture
def case(alice, sam) -> Case:
    return in_hands_of(sam, wish(alice))


@pytest.fixture
def desk(sam) -> Client:
    return staff_log_in(sam)


def apply(desk: Client, case: Case, target: str, before: str, value: str, **form: str):
    """Both steps: the page that shows before and after, and the button on it."""
    values = {"target": target, "value": value, "text": "Done.", "is_all": "on"} | form
    shown = desk.post(page_of(case, "correction/apply"), values).content.decode()
    assert "press the button once more" in shown, shown
    return desk.post(page_of(case, "correction/apply"), values | {"before": before, "sure": "True"})


def mails(case: Case) -> list[OutgoingMail]:
    return list(OutgoingMail.objects.filter(cause__startswith=f"case:{case.pk}:correction").order_by("pk"))


def test_a_customer_asks_and_sees_the_case(alice):
    client = log_in(alice)
    page = client.get(PLACE).content.decode()
    assert "/resources/account/contact/" in page
    case = wish(alice, client)
    assert (case.kind, case.user, case.correction.about) == (Kind.CORRECTION, alice, "contact")
    assert case.correction.told == {"present": "Alice Archer", "wanted": "Alice Baker", "why": "I have married."}
    assert "Baker" not in str(list(CorrectionRequest.objects.values()) + list(Case.objects.values()))
    assert "I have married." in client.get(f"/resources/support/{case.reference}/").content.decode()
    assert wish(alice, client) == case, "the same form twice is one case"
    assert Case.objects.count() == 1


def test_it_is_for_customers_and_takes_a_token(alice, browser_client):
    assert Client().get(PLACE).status_code == 302
    log_in(alice)
    assert browser_client.post(PLACE, WISH).status_code in (302, 403)
    assert not Case.objects.exists()


def test_the_name_of_the_account_is_corrected_by_a_button(case, desk, alice, sam):
    answer = apply(desk, case, f"account-{alice.pk}-name", "Alice Archer", "  Alice   Baker ")
    assert answer["Location"] == page_of(case)
    alice.refresh_from_db()
    assert alice.name == "Alice Baker"
    row = Correction.objects.get()
    assert (row.user, row.model, row.field, row.role) == (alice, "accounts.User", "name", "Support")
    assert "Baker" not in str(Correction.objects.values().get())
    event = AuditEvent.objects.get(kind="correction.applied")
    assert (event.user, event.actor) == (alice, sam)
    assert event.detail == {"case": case.reference, "model": "accounts.User", "field": "name", "role": "Support"}
    (mail,) = mails(case)
    assert mail.to == alice.email
    assert "Baker" not in mail.text + mail.subject
    case.refresh_from_db()
    assert case.state == State.CLOSED
    assert case.correction.outcome == "made"


def test_nothing_is_changed_before_staff_have_seen_both(case, desk, alice):
    values = {"target": f"account-{alice.pk}-name", "value": "Alice Baker", "text": "x"}
    page = words_of(desk.post(page_of(case, "correction/apply"), values).content.decode())
    assert "Stands there now Alice Archer Will stand there Alice Baker" in page
    desk.get(page_of(case, "correction/apply"), values | {"sure": "on", "before": "Alice Archer"})
    alice.refresh_from_db()
    assert alice.name == "Alice Archer"
    assert AuditEvent.objects.filter(kind="record.opened", user=alice, detail__reason=f"case {case.reference}").count() == 1


def test_several_things_are_corrected_one_by_one(case, desk, alice, alices):
    purchase = purchase_of(alice, alices)
    apply(desk, case, f"purchase-{purchase.pk}-email", alice.email, "new@example.com", is_all="")
    apply(desk, case, f"purchase-{purchase.pk}-postal_code", "H91 XR5A", "D02 X285")
    purchase.refresh_from_db()
    assert (purchase.email, purchase.postal_code) == ("new@example.com", "D02 X285")
    assert len(mails(case)) == Correction.objects.count() == 2
    answer = desk.post(page_of(case, "correction/apply"), {}, follow=True)
    assert answer.status_code == 200


def test_what_changed_meanwhile_is_not_overwritten(case, desk, alice):
    User.objects.filter(pk=alice.pk).update(name="Alice Carter")
    answer = apply(desk, case, f"account-{alice.pk}-name", "Alice Archer", "Alice Baker")
    assert "Something else stands there by now" in answer.content.decode()
    alice.refresh_from_db()
    assert alice.name == "Alice Carter"
    assert not Correction.objects.exists()


def test_nobody_elses_record_and_no_other_field(case, desk, alice, bob, bobs):
    theirs = purchase_of(bob, bobs, "B-1")
    for target in (
        f"account-{bob.pk}-name",
        f"purchase-{theirs.pk}-name",
        f"account-{alice.pk}-password",
        f"account-{alice.pk}-is_staff",
        f"account-{alice.pk}-email",
        "account-0-name",
        "purchase-99999999999999999999-name",
        "\x00",
        "",
    ):
        values = {"target": target, "value": "x", "text": "x", "sure": "on", "before": "Bob Baker"}
        assert desk.post(page_of(case, "correction/apply"), values).status_code == 200
    assert not Correction.objects.exists()


@pytest.mark.parametrize(
    ("field", "value"), [("email", "no address"), ("email", ""), ("postal_code", "x" * 31), ("email", '"a b"@example.com')]
)
def test_what_the_field_cannot_take_is_said(case, desk, alice, alices, field, value):
    purchase = purchase_of(alice, alices)
    values = {"target": f"purchase-{purchase.pk}-{field}", "value": value, "text": "x", "sure": "on", "before": getattr(purchase, field)}
    answer = desk.post(page_of(case, "correction/apply"), values)
    assert answer.status_code == 200
    assert "nothing was done" in answer.content.decode()
    assert Purchase.objects.get(pk=purchase.pk).email == alice.email


def test_corrected_by_hand_is_told_and_noted(case, desk, alice):
    desk.post(page_of(case, "correction/by-hand"), {"text": "You have two units of Notebook now."})
    (mail,) = mails(case)
    assert "two units of Notebook" in mail.text
    assert Correction.objects.get().model == ""
    assert AuditEvent.objects.filter(kind="correction.applied", user=alice).count() == 1
    assert desk.post(page_of(case, "correction/by-hand"), {"text": "again"}, follow=True).status_code == 200
    assert len(mails(case)) == 1


def test_a_fact_is_never_changed_but_noted_as_wrong(case, desk, alice, bob):
    wrong = AuditEvent.objects.filter(user=alice, kind="login.succeeded").latest("pk")
    before = AuditEvent.objects.filter(pk=wrong.pk).values().get()
    theirs = AuditEvent.objects.filter(user=bob).latest("pk")
    for number in (theirs.pk, 10**15, 2**63, -1, "x"):
        assert desk.post(page_of(case, "correction/by-hand"), {"text": "It was not you.", "event": str(number)}).status_code == 200
    desk.post(page_of(case, "correction/by-hand"), {"text": "It was not you.", "event": str(wrong.pk)})
    assert AuditEvent.objects.filter(pk=wrong.pk).values().get() == before
    event = AuditEvent.objects.get(kind="fact.disputed")
    assert (event.user, event.detail["event"]) == (alice, wrong.pk)


def test_refused_with_a_reason_and_the_way_to_complain(case, desk, alice, settings):
    assert desk.post(page_of(case, "correction/refuse"), {"text": ""}).status_code == 200
    desk.post(page_of(case, "correction/refuse"), {"text": "The partner says otherwise."})
    (mail,) = mails(case)
    for words in ("The partner says otherwise.", settings.PRIVACY_EMAIL, "data protection authority"):
        assert words in mail.text
        assert words in mail.html
    assert AuditEvent.objects.filter(kind="correction.refused", user=alice).count() == 1
    assert not Correction.objects.exists()
    case.refresh_from_db()
    assert (case.state, case.correction.outcome) == (State.CLOSED, "refused")


def test_a_question_becomes_a_correction(sam, desk):
    case = in_hands_of(sam, make_case())
    assert page_of(case, "correction") in desk.get(page_of(case)).content.decode()
    desk.get(page_of(case, "correction"))
    assert not CorrectionRequest.objects.exists()
    desk.post(page_of(case, "correction"))
    case.refresh_from_db()
    assert case.kind == Kind.CORRECTION
    assert desk.post(page_of(case, "correction")).status_code == 404
    page = desk.get(page_of(case)).content.decode()
    assert "correction/by-hand/" in page
    assert "correction/apply/" not in page, "there is no account that it belongs to"
    assert (
        desk.post(page_of(case, "correction/apply"), {"target": "account-1-name", "value": "x", "text": "x", "sure": "on"}).status_code
        == 200
    )
    desk.post(page_of(case, "correction/refuse"), {"text": "Please write from the address on file."})
    assert len(mails(case)) == 1


def test_whoever_does_not_work_on_the_case_sees_no_such_page(alice, sam, ada, mallory):
    case = wish(alice)
    desk = staff_log_in(sam)
    places = [page_of(case, page) for page in ("correction", "correction/apply", "correction/by-hand", "correction/refuse")]
    assert {desk.post(place, {"text": "x"}).status_code for place in places} == {404}
    in_hands_of(ada, case)
    assert {desk.get(place).status_code for place in places} == {404}
    assert log_in(mallory).get(f"/resources/support/{case.reference}/").status_code == 404


@pytest.mark.parametrize(
    "told", [{"about": "x"}, {"wanted": ""}, {"wanted": "\x00"}, {"why": "x" * 4001}, {"about": ["case", "other"], "wanted": ["", ""]}]
)
def test_what_cannot_be_taken_is_said(alice, told):
    assert log_in(alice).post(PLACE, WISH | told).status_code == 200
    assert not Case.objects.exists()


def test_after_many_the_text_comes_back(alice):
    client = log_in(alice)
    for number in range(10):
        wish(alice, client, form_number=str(number))
    answer = client.post(PLACE, WISH | {"form_number": "x"})
    assert answer.status_code == 429
    assert "I have married." in answer.content.decode()


def test_what_is_noted_goes_after_two_years_and_the_request_with_its_case(case, desk, alice):
    apply(desk, case, f"account-{alice.pk}-name", "Alice Archer", "Alice Baker")
    begin(case, Trigger.CUSTOMER)
    assert work_off()["destroyed"] == 1
    assert not CorrectionRequest.objects.exists()
    assert Correction.objects.count() == 1
    Correction.objects.update(corrected_at=timezone.now() - timedelta(days=731))
    assert purge_corrections() == 1


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_corrected_and_refused_at_once_is_one_of_them(alice, sam):
    case = in_hands_of(sam, wish(alice))
    desks = [staff_log_in(sam) for _number in range(2)]
    values = {
        "target": f"account-{alice.pk}-name",
        "value": "Alice Baker",
        "text": "Done.",
        "is_all": "on",
        "before": "Alice Archer",
        "sure": "on",
    }
    work = [(desks[0], "apply", values), (desks[1], "refuse", {"text": "No."})]
    assert at_once(lambda one: one[0].post(page_of(case, f"correction/{one[1]}"), one[2], follow=True).status_code, work) == [200, 200]
    assert len(mails(case)) == 1
    alice.refresh_from_db()
    assert (alice.name == "Alice Baker") == Correction.objects.exists() == (CorrectionRequest.objects.get().outcome == "made")
