"""Global Privacy Control at automatic joining, and refusals that follow an account to another address."""

import pytest
from django.test import Client

from accounts import address_change
from accounts.models import MarketingChoice, Suppression, User
from accounts.models.suppression import SuppressionReason, digest_of
from tests import cast
from tests.customer import link_in, mail_to
from tests.promotions.walk import MAIL, come_by_promotion, latest_mail, make_promotion, make_shared, register, typed_in
from tests.promotions.walk import link_in as mailed_link

pytestmark = pytest.mark.django_db
GPC = {"Sec-GPC": "1"}
EMAIL = "rosa@example.com"
NEW = {"new_password1": "a long and quiet evening", "new_password2": "a long and quiet evening", "new_password": "a long and quiet evening"}


@pytest.fixture
def promotion(notebook):
    make_shared(made := make_promotion(notebook))
    return made


def rosa() -> User:
    return User.objects.get(email=EMAIL)


# A promotion


@pytest.mark.parametrize("headers", [{}, {"Sec-GPC": "0"}])
def test_whoever_registers_is_a_customer_and_gets_announcements(promotion, headers):
    register(Client(), email=EMAIL)
    page = Client(headers=headers).post(mailed_link(latest_mail(EMAIL)), follow=True).content.decode()
    assert rosa().opted_out_at is None
    assert "because you are a customer now" in page


@pytest.mark.parametrize("by_link", [True, False])
def test_a_browser_that_asks_for_privacy_opens_an_account_without_announcements(promotion, by_link):
    client = Client(headers=GPC)
    register(client, email=EMAIL)
    text = latest_mail(EMAIL)
    answer = client.post(mailed_link(text), follow=True) if by_link else client.post(MAIL, {"typed": typed_in(text)}, follow=True)
    user = rosa()
    assert user.opted_out_at
    assert MarketingChoice.objects.get().origin == "gpc"
    assert Suppression.objects.of(EMAIL).exists()
    page = answer.content.decode()
    assert 'action="/announcements/join/"' in page
    assert "because you are a customer now" not in page


def test_an_account_that_was_there_is_not_changed_by_it(promotion, alice):
    client = Client(headers=GPC)
    register(client, email=alice.email)
    client.post(mailed_link(latest_mail(alice.email)))
    alice.refresh_from_db()
    assert alice.opted_out_at is None


def test_the_form_on_the_success_page_joins(promotion):
    from tests.announcements.joining import HERE
    from tests.pages import Tags

    page = come_by_promotion(EMAIL).content.decode()
    form = Tags(page.partition('action="/announcements/join/"')[2].partition("</form>")[0]).fields()
    assert form["source"] == "/promotions/spring/"
    assert Client().post("/announcements/join/", form | {"email": "other@example.com"}, headers=HERE).status_code == 200
    assert mail_to("other@example.com")


# The first password


def set_password(user: User, **headers: str) -> None:
    from accounts.passwords import set_password_url

    client = Client(headers=headers)
    path = set_password_url(user).partition("localhost")[2].partition("/")[2]
    client.get(f"/{path}")
    assert client.post("/resources/password/set/", NEW).status_code == 302


@pytest.fixture
def buyer(notebook) -> User:
    user = cast.buy(cast.BOB, notebook).user
    user.set_unusable_password()
    user.save()
    return user


def test_the_first_password_in_such_a_browser_refuses(buyer):
    set_password(buyer, **GPC)
    buyer.refresh_from_db()
    assert buyer.opted_out_at
    assert MarketingChoice.objects.get().origin == "gpc"


def test_without_the_signal_it_does_not(buyer):
    set_password(buyer)
    buyer.refresh_from_db()
    assert buyer.opted_out_at is None


def test_a_choice_that_was_made_stands(buyer):
    buyer.opt_out("preferences")
    buyer.opt_in("preferences")
    set_password(buyer, **GPC)
    buyer.refresh_from_db()
    assert buyer.opted_out_at is None


def test_a_later_password_says_nothing(buyer):
    set_password(buyer)
    set_password(User.objects.get(pk=buyer.pk), **GPC)
    buyer.refresh_from_db()
    assert buyer.opted_out_at is None


# Another address


def test_who_refuses_stays_out_at_a_new_address_and_the_old_one_stays_out_too(alice):
    alice.opt_out("preferences")
    assert address_change.move(alice, "new@example.com")
    alice.refresh_from_db()
    assert alice.opted_out_at
    assert Suppression.objects.of("new@example.com").exists()
    assert Suppression.objects.of(cast.ALICE.email).exists()


def test_a_new_address_that_refused_earlier_still_refuses(alice):
    Suppression.objects.suppress(digest_of("new@example.com"), SuppressionReason.REFUSED)
    assert address_change.move(alice, "new@example.com")
    alice.refresh_from_db()
    assert alice.opted_out_at
    assert MarketingChoice.objects.get().origin == "earlier"


def test_a_new_address_that_bounced_once_is_no_refusal(alice):
    Suppression.objects.suppress(digest_of("new@example.com"), SuppressionReason.BOUNCED)
    assert address_change.move(alice, "new@example.com")
    alice.refresh_from_db()
    assert alice.opted_out_at is None


def test_who_welcomes_them_goes_on_welcoming(alice):
    assert address_change.move(alice, "new@example.com")
    alice.refresh_from_db()
    assert alice.opted_out_at is None
    assert not Suppression.objects.exists()


def test_a_purchase_with_an_address_that_refused_opens_an_account_without_announcements(notebook):
    Suppression.objects.suppress(digest_of(cast.BOB.email), SuppressionReason.COMPLAINED)
    user = cast.buy(cast.BOB, notebook).user
    user.refresh_from_db()
    assert user.opted_out_at
    assert link_in(mail_to(user.email))
