"""Accounts on hold: nobody gets in anywhere, whoever has the password is told, and everybody else learns nothing."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts import authentication, holds, passwords
from accounts.models import Hold, LoginSession
from accounts.passwords import set_password_url
from accounts.tasks import expire_holds, purge_holds
from audit.models import AuditEvent
from downloads.models import UnlockCode
from mailroom.models import OutgoingMail
from tests.cast import PASSWORD
from tests.customer import log_in, mail_to, try_log_in
from tests.pages import words_of
from tests.staff import code_of, code_on, enrolled, give_password, staff_log_in

pytestmark = pytest.mark.django_db
HELD = "/resources/log-in/held/"
TEXT = "Your account was used in Leeds and in Lima within an hour."


def put_on_hold(user, **options) -> Hold:
    return holds.place(user, **{"reason": "shared, it seems", "text": TEXT} | options)


def page_of_hold(user, client: Client | None = None) -> str:
    """What the person reads after the right password."""
    client = client or Client()
    answer = try_log_in(user.email, PASSWORD, client)
    assert (answer.status_code, answer["Location"]) == (302, HELD)
    return words_of(client.get(HELD).content.decode())


def test_whoever_has_the_password_is_told_why_since_when_and_what_to_do(alice):
    hold = put_on_hold(alice, expires_at=timezone.now() + timedelta(days=3))
    page = page_of_hold(alice)
    for said in ("Your account is on hold", TEXT, "The hold ends by itself on", "Write to us", "Its text is destroyed when the hold ends"):
        assert said in page
    assert hold.reason not in page, "that is for staff"
    assert not LoginSession.objects.filter(ended_at=None).exists()
    event = AuditEvent.objects.get(kind="login.refused")
    assert (event.user, event.ip, event.detail) == (alice, "127.0.0.1", {"area": "resources"})


def test_a_hold_without_an_end_names_none(alice):
    put_on_hold(alice)
    assert "ends by itself" not in page_of_hold(alice)


def test_a_closed_account_says_that_it_is_closed(alice, ada):
    holds.close(put_on_hold(alice), by=ada, reason="three warnings", text="We have closed it for misuse.")
    page = page_of_hold(alice)
    assert "Your account is closed" in page
    assert "We have closed it for misuse." in page
    assert "three warnings" not in page


def test_with_a_wrong_password_a_held_account_is_like_any_other(alice, bob):
    """Not a word, not a status, not a cookie, not a query tells that it is on hold."""
    put_on_hold(alice)

    def answer(email: str) -> tuple[int, str, set[str]]:
        client = Client()
        response = try_log_in(email, "wrong", client)
        assert client.get(HELD)["Location"] == "/resources/log-in/"
        form = response.content.decode().replace(email, "").partition('name="csrfmiddlewaretoken')[0]
        return response.status_code, form, set(client.cookies)

    assert answer(alice.email) == answer(bob.email) == answer("nobody@example.com")
    assert not AuditEvent.objects.filter(kind="login.refused").exists()


def test_the_page_is_nobodys_without_the_password(alice):
    put_on_hold(alice)
    assert Client().get(HELD)["Location"] == "/resources/log-in/"
    assert Client().post(HELD, {"text": "let me in"})["Location"] == "/resources/log-in/"
    page_of_hold(alice)
    assert Client().get(HELD)["Location"] == "/resources/log-in/", "another browser has given none"


def test_the_step_lives_an_hour_and_dies_with_the_password(alice, monkeypatch):
    put_on_hold(alice)
    client = Client()
    page_of_hold(alice, client)
    now = timezone.now().timestamp()
    monkeypatch.setattr("accounts.candidates.time.time", lambda: now + 3590)
    assert client.get(HELD).status_code == 200
    monkeypatch.setattr("accounts.candidates.time.time", lambda: now + 3610)
    assert client.get(HELD).status_code == 302
    monkeypatch.undo()
    assert client.get(HELD).status_code == 200
    alice.set_password("quite another phrase")
    alice.save(update_fields=["password"])
    assert client.get(HELD).status_code == 302


def test_the_other_steps_live_five_minutes_as_before(ada, monkeypatch):
    client, device = Client(), enrolled(ada)
    give_password(ada, client)
    now = timezone.now().timestamp()
    monkeypatch.setattr("accounts.candidates.time.time", lambda: now + 310)
    assert client.post("/staff/second-factor/", {"token": code_of(device)})["Location"] == "/staff/login/"


def test_it_ends_every_log_in_at_once(alice):
    browsers = [log_in(alice), log_in(alice)]
    put_on_hold(alice)
    for browser in browsers:
        assert browser.get("/resources/").status_code == 302
    assert set(LoginSession.objects.values_list("end_reason", flat=True)) == {"held"}


def test_codes_and_purchases_stay_as_they_are(alice, alices):
    codes = list(UnlockCode.objects.values())
    hold = put_on_hold(alice)
    assert list(UnlockCode.objects.values()) == codes
    alices.refresh_from_db()
    assert (alices.revoked_at, alices.remaining) == (None, 5)
    end(hold)
    assert "5 downloads remaining" in log_in(alice).get("/resources/").content.decode()


def end(hold: Hold) -> None:
    Hold.objects.filter(pk=hold.pk).update(expires_at=timezone.now())
    assert expire_holds() == 1


def test_it_expires_by_itself_and_the_customer_is_told(alice):
    end(put_on_hold(alice, expires_at=timezone.now() + timedelta(days=1)))
    assert expire_holds() == 0
    assert log_in(alice).get("/resources/").status_code == 200
    assert "the time of the hold of your account Alice@example.com is over" in mail_to(alice.email).text
    assert AuditEvent.objects.filter(kind="hold.expired", user=alice).count() == 1


def test_a_hold_that_has_expired_keeps_nobody_out_before_the_sweep_came(alice):
    hold = put_on_hold(alice, expires_at=timezone.now() + timedelta(days=1))
    assert try_log_in(alice.email, PASSWORD)["Location"] == HELD
    Hold.objects.filter(pk=hold.pk).update(expires_at=timezone.now())
    assert log_in(alice).get("/resources/").status_code == 200
    assert Hold.objects.get().ended_at is None


def test_a_hold_that_has_expired_makes_room_for_another_before_the_sweep_came(alice):
    Hold.objects.filter(pk=put_on_hold(alice).pk).update(expires_at=timezone.now())
    put_on_hold(alice)
    assert list(Hold.objects.order_by("pk").values_list("end", flat=True)) == ["expired", ""]


def test_after_it_was_lifted_meanwhile_the_page_leads_to_the_log_in(alice, ada):
    hold, client = put_on_hold(alice), Client()
    page_of_hold(alice, client)
    holds.lift(hold, by=ada, reason="cleared up")
    for answer in (client.get(HELD, follow=True), client.get("/resources/log-in/")):
        assert answer.request["PATH_INFO"] == "/resources/log-in/"
    page_of_hold_again = put_on_hold(alice)
    page_of_hold(alice, client)
    holds.lift(page_of_hold_again, by=ada, reason="cleared up")
    answer = client.post(HELD, {"text": "Please let me in."}, follow=True)
    assert "Your account is not on hold any more. You can log in." in words_of(answer.content.decode())
    assert log_in(alice, client).get("/resources/").status_code == 200


def test_a_password_is_set_by_link_and_nobody_is_logged_in_by_it(alice):
    put_on_hold(alice)
    client = Client()
    assert client.post("/resources/password/forgotten/", {"email": alice.email}).status_code == 200
    client.get(set_password_url(alice).removeprefix("http://localhost:8000"))
    answer = client.post("/resources/password/set/", {"new_password": "another long phrase"})
    assert answer["Location"] == "/resources/log-in/"
    assert client.get("/resources/").status_code == 302
    assert try_log_in(alice.email, "another long phrase", client)["Location"] == HELD


def while_it_happens(monkeypatch, module, name: str, user) -> None:
    """A hold is placed in the middle of a request, after it was let in: right after this function has done its work."""
    done = getattr(module, name)

    def and_then(*args, **options):
        result = done(*args, **options)
        put_on_hold(user)
        return result

    monkeypatch.setattr(module, name, and_then)


def test_a_hold_in_the_middle_of_a_change_of_the_password(alice, monkeypatch):
    client = log_in(alice)
    while_it_happens(monkeypatch, passwords, "change_password", alice)
    answer = client.post("/resources/account/password/", {"current_password": PASSWORD, "new_password": "another long phrase"})
    assert answer["Location"] == HELD
    assert TEXT in client.get(HELD).content.decode()
    assert client.get("/resources/").status_code == 302
    assert AuditEvent.objects.filter(kind="login.refused", user=alice).count() == 1


def test_staff_on_hold_are_refused_after_both_factors_and_told_so(sam):
    client = staff_log_in(sam)
    put_on_hold(sam)
    assert client.get("/staff/").status_code == 302
    client, device = Client(), enrolled(sam)
    type(device).objects.update(last_t=-1)
    assert give_password(sam, client)["Location"] == "/staff/second-factor/", "the first step says nothing"
    assert client.get(HELD).status_code == 302
    answer = client.post("/staff/second-factor/", {"token": code_of(device)})
    assert answer["Location"] == HELD
    assert TEXT in client.get(HELD).content.decode()
    assert AuditEvent.objects.get(kind="login.refused").detail == {"area": "staff"}
    assert not LoginSession.objects.filter(ended_at=None).exists()


def test_staff_on_hold_enrol_nothing(sam):
    client = Client()
    give_password(sam, client)
    code = code_on(client.get("/staff/second-factor/enrol/").content.decode())
    put_on_hold(sam)
    assert client.post("/staff/second-factor/enrol/", {"token": code})["Location"] == HELD
    assert not sam.totpdevice_set.exists()


def test_a_hold_in_the_middle_of_enrolling(sam, monkeypatch):
    client = Client()
    give_password(sam, client)
    code = code_on(client.get("/staff/second-factor/enrol/").content.decode())
    from accounts import second_factor

    while_it_happens(monkeypatch, second_factor, "confirm", sam)
    assert client.post("/staff/second-factor/enrol/", {"token": code})["Location"] == HELD
    assert client.get("/staff/").status_code == 302


def test_staff_on_hold_change_no_password(ada, monkeypatch):
    client = staff_log_in(ada)
    while_it_happens(monkeypatch, passwords, "change_password", ada)
    answer = client.post("/staff/password_change/", {"current_password": PASSWORD, "new_password": "another long phrase"})
    assert answer["Location"] == HELD


def test_the_log_in_itself_never_opens_a_session_on_hold(alice, rf):
    put_on_hold(alice)
    with pytest.raises(authentication.OnHold):
        authentication.log_in(rf.post("/resources/log-in/"), None, alice)


def test_the_mail_of_a_hold_says_all_of_it_in_text_and_html(alice, ada):
    hold = put_on_hold(alice, expires_at=timezone.now() + timedelta(days=2))
    for body in (mail_to(alice.email).text, mail_to(alice.email).html):
        for said in ("Hello Alice Archer,", TEXT, "The hold ends by itself on", "/resources/log-in/", "stays yours", "support@localhost"):
            assert said in body
        assert hold.reason not in body
    holds.close(hold, by=ada, reason="three warnings", text="Four people & three towns.")
    mail = mail_to(alice.email)
    assert mail.subject == "Your account at Infacta was closed"
    assert "Four people & three towns." in mail.text
    assert "Four people &amp; three towns." in mail.html
    assert "three warnings" not in mail.text + mail.html
    holds.lift(Hold.objects.get(), by=ada, reason="we were wrong")
    assert "which we had closed, is open again" in mail_to(alice.email).text
    assert OutgoingMail.objects.filter(user=alice, cause__contains="hold").count() == 2


def test_holds_go_two_years_after_their_end_and_not_while_they_last(alice, bob):
    put_on_hold(bob)
    end(put_on_hold(alice))
    Hold.objects.update(placed_at=timezone.now() - timedelta(days=2000))
    assert purge_holds() == 0
    Hold.objects.filter(user=alice).update(ended_at=timezone.now() - timedelta(days=731))
    assert purge_holds() == 1
    assert Hold.objects.get().user == bob
