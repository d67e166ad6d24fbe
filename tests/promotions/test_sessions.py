"""The anonymous session: set when something needs it, nothing but numbers in it, and the walk ends well however it is walked."""

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from downloads.models import Entitlement, UnlockCode
from mailroom.models import OutgoingMail
from promotions import code_format, proving, registration
from promotions.models import CodeBatch, Promotion, Redemption
from promotions.tasks import lapse_registrations
from tests.pages import words_of
from tests.promotions.walk import DONE, EMAIL, LANDING, MAIL, REGISTER, confirm, enter, latest_mail, link_in, register, typed_in

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def autumn(mailer) -> Promotion:
    """Another promotion, with a code of its own."""
    promotion = Promotion.objects.create(title="Autumn offer", slug="autumn", is_published=True)
    promotion.grants.create(product=mailer)
    batch = CodeBatch.objects.create(promotion=promotion, tag="AUT", is_shared=True, state="ready")
    batch.codes.create(code="AUTUMN", digest=code_format.digest_of(code_format.normalised("AUTUMN")), uses=None)
    return promotion


def let_the_hour_pass() -> None:
    Redemption.objects.update(held_until=timezone.now() - timedelta(seconds=1))


# Cookies


def test_looking_sets_no_cookie_and_neither_does_a_wrong_code(client, shared):
    for path in ("/promotions/", LANDING, REGISTER, MAIL, DONE, f"{LANDING}?begin"):
        assert not client.get(path).cookies, path
    assert not enter(client, "WRONG123").cookies
    assert not Session.objects.exists()


def test_the_first_cookie_comes_with_the_first_good_code(client, shared):
    answer = enter(client)
    assert list(answer.cookies) == ["session"]
    assert answer["Location"].startswith(REGISTER)


def test_the_session_holds_numbers_and_nothing_of_the_person(client, shared):
    register(client, name="Alice Archer")
    client.post(MAIL, {"typed": typed_in(latest_mail())})
    (session,) = Session.objects.all()
    kept = session.get_decoded()
    assert {key for key in kept if not key.startswith("promotions.")} <= {"_csrftoken"}
    assert all(isinstance(value, int) or all(isinstance(one, int) for one in value) for key, value in kept.items() if key != "_csrftoken")
    assert "alice" not in str(kept).lower()


def test_the_proof_renews_the_sessions_number(client, shared):
    register(client)
    before = client.cookies["session"].value
    client.post(MAIL, {"typed": typed_in(latest_mail())})
    assert client.cookies["session"].value != before
    assert not Session.objects.filter(session_key=before).exists()
    stolen = Client()
    stolen.cookies["session"] = before
    assert stolen.get(DONE)["Location"] == LANDING


def test_no_page_of_the_area_is_kept_by_a_cache(client, shared):
    register(client)
    link = link_in(latest_mail())
    answers = [client.get(path) for path in ("/promotions/", LANDING, REGISTER, MAIL, link, f"{LANDING}confirm/x/")]
    answers += [client.post(MAIL, {"typed": typed_in(latest_mail())}), client.get(DONE), client.get(link)]
    assert {answer["Cache-Control"] for answer in answers} == {"no-store"}


def test_a_browser_that_refuses_the_cookie_is_told_kindly_and_the_mail_works_without_one(shared):
    refusing = Client()
    to_step_two = enter(refusing)["Location"]
    refusing.cookies.clear()
    page = words_of(refusing.get(to_step_two).content.decode())
    assert "Your code is good, but your browser refuses the cookie of this site" in page
    assert not refusing.cookies
    register(Client())
    page = refusing.get(link_in(latest_mail())).content.decode()
    assert "csrfmiddlewaretoken" not in page
    assert UnlockCode.objects.count() == 0
    strict = Client(enforce_csrf_checks=True)
    result = strict.post(link_in(latest_mail()), follow=True)
    assert UnlockCode.objects.get().code in result.content.decode()
    assert "Choose a password" in result.content.decode()
    assert not strict.cookies


def test_an_address_from_the_bookmarks_accuses_no_browser(client, shared):
    assert client.get(f"{REGISTER}?cookies-tested-at=1700000000")["Location"] == f"{LANDING}?begin"
    assert "Please begin with your code." in client.get(f"{LANDING}?begin").content.decode()


def test_the_forms_that_stand_on_the_session_have_a_token(browser_client, shared):
    enter(browser_client)
    assert browser_client.post(REGISTER, {"email": EMAIL}).status_code == 403
    assert not Redemption.objects.exists()


# Any order


def test_two_promotions_in_two_tabs_keep_apart(client, shared, autumn):
    enter(client)
    enter(client, "AUTUMN", "autumn")
    client.post(REGISTER, {"email": EMAIL})
    client.post("/promotions/autumn/register/", {"email": EMAIL})
    spring, autumns = (Redemption.objects.get(promotion__slug=slug) for slug in ("spring", "autumn"))
    mails = {mail.subject: mail.text for mail in OutgoingMail.objects.all()}
    client.post("/promotions/autumn/mail/", {"typed": typed_in(mails["Please confirm: Autumn offer"])})
    client.post(MAIL, {"typed": typed_in(mails["Please confirm: Spring offer"])})
    for redemption in (spring, autumns):
        redemption.refresh_from_db()
        assert redemption.state == "confirmed"
    assert "Notebook" in client.get(DONE).content.decode()
    assert "Mailer" in client.get("/promotions/autumn/done/").content.decode()


def test_the_code_of_the_other_tabs_mail_is_refused(client, shared, autumn):
    register(client)
    register(client, "AUTUMN", slug="autumn")
    answer = client.post(MAIL, {"typed": typed_in(latest_mail())})
    assert "This is not the code of our latest mail" in answer.content.decode()


def test_a_double_click_mails_once_and_holds_once(client, single):
    enter(client, single.code)
    for _press in range(2):
        assert client.post(REGISTER, {"email": EMAIL})["Location"] == MAIL
    assert (OutgoingMail.objects.count(), Redemption.objects.count(), Promotion.objects.get().held) == (1, 1, 1)


def test_a_double_click_on_confirm_grants_once(client, single):
    register(client, single.code)
    typed = typed_in(latest_mail())
    for _press in range(2):
        assert client.post(MAIL, {"typed": typed})["Location"] == DONE
    assert Entitlement.objects.count() == 1


def test_back_with_another_address_frees_the_single_use_code_of_the_first(client, single):
    register(client, single.code, "alcie@example.com")
    client.get(REGISTER)
    assert client.post(REGISTER, {"email": EMAIL})["Location"] == MAIL
    assert list(Redemption.objects.order_by("pk").values_list("email", "state")) == [("alcie@example.com", "lapsed"), (EMAIL, "held")]
    single.refresh_from_db()
    assert (single.held, Promotion.objects.get().held) == (1, 1)
    refused = Client().post(link_in(latest_mail("alcie@example.com")))
    assert "somebody else" in refused.content.decode()


def test_two_people_at_one_computer_with_a_shared_code_keep_both_places(client, shared):
    register(client)
    register(client, email="bob@example.org")
    assert Promotion.objects.get().held == 2


def test_back_after_the_end_of_the_walk_ends_well(client, shared):
    register(client)
    client.post(MAIL, {"typed": typed_in(latest_mail())})
    for path in (LANDING, REGISTER, MAIL, DONE):
        assert client.get(path).status_code == 200, path
    assert client.post(REGISTER, {"email": EMAIL})["Location"] == MAIL
    assert Entitlement.objects.count() == 1


def test_confirmed_on_another_device_the_first_browser_learns_nothing_but_may_type_the_code(client, shared):
    register(client)
    before, typed = client.get(MAIL).content, typed_in(latest_mail())
    confirm()
    assert words_of(client.get(MAIL).content.decode()) == words_of(before.decode())
    assert client.get(DONE)["Location"] == LANDING
    assert client.post(MAIL, {"typed": typed})["Location"] == DONE


def test_the_codes_of_all_mails_of_one_registration_work(client, shared):
    register(client)
    first = typed_in(latest_mail())
    Redemption.objects.update(held_at=timezone.now() - HOUR / 2)
    register(client)
    assert OutgoingMail.objects.count() == 2
    assert client.post(MAIL, {"typed": first})["Location"] == DONE


def test_the_code_of_a_mail_before_is_told_kindly(client, shared):
    register(client)
    old = typed_in(latest_mail())
    let_the_hour_pass()
    lapse_registrations()
    register(client)
    answer = client.post(MAIL, {"typed": old})
    assert "not the code of our latest mail" in answer.content.decode()
    assert not Entitlement.objects.exists()


# Late


def test_after_the_hour_one_press_registers_again_if_a_place_is_left(shared):
    register(Client())
    let_the_hour_pass()
    lapse_registrations()
    other = Client()
    page = words_of(other.get(link_in(latest_mail())).content.decode())
    assert "That hour is over." in page
    assert "Register once more" in page
    assert UnlockCode.objects.count() == 0
    result = confirm(client=other)
    assert UnlockCode.objects.get().code in result.content.decode()
    assert Promotion.objects.values_list("used", "held").get() == (1, 0)


def test_a_code_typed_after_the_hour_takes_a_place_anew(client, single):
    register(client, single.code)
    let_the_hour_pass()
    assert client.post(MAIL, {"typed": typed_in(latest_mail())})["Location"] == DONE
    single.refresh_from_db()
    assert (single.used, single.held) == (1, 0)


def test_after_the_hour_the_place_may_be_gone(shared):
    Promotion.objects.update(limit=1)
    register(Client())
    let_the_hour_pass()
    lapse_registrations()
    register(Client(), email="bob@example.org")
    answer = confirm()
    assert answer.status_code == 410
    assert "All places of this promotion are taken" in answer.content.decode()
    assert not Entitlement.objects.exists()
    assert Redemption.objects.get(email=EMAIL).state == "lapsed"
    assert Promotion.objects.get().held == 1


def test_after_the_hour_the_single_use_code_may_be_anothers(single):
    register(Client(), single.code)
    let_the_hour_pass()
    lapse_registrations()
    register(Client(), single.code, "bob@example.org")
    assert "used by somebody else meanwhile" in confirm().content.decode()


def test_an_old_link_confirms_what_the_address_has_meanwhile(shared):
    register(Client())
    old = link_in(latest_mail())
    let_the_hour_pass()
    lapse_registrations()
    register(Client())
    newer = link_in(latest_mail())
    assert old != newer
    assert Client().post(old)["Location"] == newer
    assert Redemption.objects.filter(state="confirmed").count() == 1
    assert Promotion.objects.values_list("used", "held").get() == (1, 0)


@pytest.mark.parametrize(
    "changes",
    [
        {"ends_at": timezone.now() - timedelta(days=1)},
        {"stopped_at": timezone.now(), "stop_reason": "Sold out."},
        {"is_published": False},
        {"slug": "renamed"},
        {"limit": 1},
    ],
)
def test_a_place_that_is_held_is_kept_whatever_becomes_of_the_promotion(client, shared, changes):
    register(client)
    Promotion.objects.update(**changes)
    confirm()
    assert Redemption.objects.get().state == "confirmed"


def test_after_the_hour_an_ended_promotion_takes_nobody(shared):
    register(Client())
    let_the_hour_pass()
    Promotion.objects.update(ends_at=timezone.now() - timedelta(minutes=1))
    answer = confirm()
    assert answer.status_code == 410
    assert "This promotion is over." in answer.content.decode()


def test_a_batch_that_is_stopped_keeps_its_places_and_takes_nobody_anew(client, single, shared):
    register(client, single.code)
    other = Client()
    enter(other, single.code)
    single.batch.stop("leaked")
    refused = other.post(REGISTER, {"email": "bob@example.org"})
    assert "This code is not valid any more." in refused.content.decode()
    confirm()
    assert Redemption.objects.get().state == "confirmed"


def test_a_stopped_shared_code_opens_nothing_after_step_one_either(client, shared):
    enter(client)
    shared.batch.stop("on a forum")
    assert "not valid any more" in client.post(REGISTER, {"email": EMAIL}).content.decode()
    assert not Redemption.objects.exists()


def test_a_withdrawn_product_is_granted_all_the_same(client, shared, notebook):
    register(client)
    type(notebook).objects.update(is_public=False)
    assert "Notebook" in confirm().content.decode()
    assert "/products/notebook/" not in client.get(LANDING).content.decode()


def test_what_the_link_shows_ends_after_three_days(shared):
    register(Client())
    link = link_in(latest_mail())
    confirm()
    Redemption.objects.update(confirmed_at=timezone.now() - timedelta(days=3, minutes=1))
    page = Client().get(link).content.decode()
    assert UnlockCode.objects.get().code not in page
    assert "Choose a password" not in page
    assert "Log in and download" in page


def test_what_the_typed_code_shows_ends_after_an_hour(client, shared, monkeypatch):
    register(client)
    client.post(MAIL, {"typed": typed_in(latest_mail())})
    monkeypatch.setattr("promotions.under_way.SEEN_FOR", 0)
    assert client.get(DONE)["Location"] == LANDING


def test_a_link_whose_registration_is_deleted_at_the_same_moment_is_told_kindly(shared, monkeypatch):
    register(Client())

    def confirm_too_late(redemption, request=None):
        Redemption.objects.all().delete()
        return registration.confirm(redemption, request)

    monkeypatch.setattr(proving, "confirm", confirm_too_late)
    answer = Client().post(link_in(latest_mail()))
    assert answer.status_code == 404
    assert "This link does not work" in answer.content.decode()
