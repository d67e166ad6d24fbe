"""A visitor registers with a code, proves the mailbox, and has account, unlock code and download."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from audit.models import AuditEvent
from downloads.models import Entitlement, UnlockCode
from mailroom.models import OutgoingMail
from promotions import code_format
from promotions.models import Promotion, Redemption
from promotions.tasks import lapse_registrations, purge_registrations
from tests.promotions.walk import EMAIL, enter, latest_mail, link_in, register, typed_in
from tests.promotions.walking import registered

pytestmark = pytest.mark.django_db


def test_code_address_mail_typed_code_and_it_is_yours(client, shared, notebook):
    answer = register(client, "welcome 26")
    assert answer["Location"] == "/promotions/spring/mail/"
    assert not User.objects.exists(), "nothing is opened before the mailbox is proved"
    page = client.post("/promotions/spring/mail/", {"typed": typed_in(latest_mail()).lower()}, follow=True)
    assert page.redirect_chain == [("/promotions/spring/done/", 302)]
    user = User.objects.get()
    code = UnlockCode.objects.get(entitlement__user=user)
    assert code.code in page.content.decode()
    assert Entitlement.objects.get().product == notebook
    assert code.code in latest_mail()
    assert Promotion.objects.values_list("used", "held").get() == (1, 0)


def test_the_link_works_on_another_device_and_a_get_confirms_nothing(client, shared):
    register(client, "WELCOME26")
    link, other = link_in(latest_mail()), Client()
    for _scanner in range(3):
        assert other.get(link).status_code == 200
    assert not User.objects.exists()
    assert other.post(link)["Location"] == link
    assert Entitlement.objects.count() == 1
    assert UnlockCode.objects.get().code in other.get(link).content.decode()
    assert other.post(link)["Location"] == link, "a second press ends well"
    assert not other.cookies, "nothing there needs a session"
    assert Client().post(link).status_code == 302
    assert Entitlement.objects.count() == 1


def test_a_single_use_code_is_used_once(client, single):
    register(client, code_format.shown(single.code))
    refused = register(Client(), single.code, "bob@example.org")
    assert "This code has been used already." in refused.content.decode()
    assert Redemption.objects.count() == 1


@pytest.mark.parametrize("email", [EMAIL, "alice@EXAMPLE.com"])
def test_the_same_person_again_gets_their_first_result(client, shared, email):
    register(client, "WELCOME26")
    client.post(link_in(latest_mail()))
    again = register(Client(), "WELCOME26", email)
    assert again["Location"] == "/promotions/spring/mail/", "the page does not tell who is registered"
    assert OutgoingMail.objects.latest("pk").subject == "You have it already: Spring offer"
    assert Entitlement.objects.count() == 1


def test_who_has_not_confirmed_yet_is_mailed_again_and_both_mails_work(client, shared):
    register(client, "WELCOME26")
    first = link_in(latest_mail())
    Redemption.objects.update(held_at=timezone.now() - timedelta(minutes=1))
    register(Client(), "WELCOME26")
    assert OutgoingMail.objects.count() == 2
    assert link_in(latest_mail()) == first
    assert Redemption.objects.count() == 1


@pytest.mark.parametrize("variant", ["alice+2@example.com", "alice+x+y@example.com"])
def test_variants_of_an_address_are_one_person(client, shared, variant):
    register(client, "WELCOME26")
    other = Client()
    again = register(other, "WELCOME26", variant)
    assert again["Location"] == "/promotions/spring/mail/", "the page tells nobody that a variant is registered"
    assert variant in other.get("/promotions/spring/mail/").content.decode()
    assert OutgoingMail.objects.get(to=variant).subject == "Registered already: Spring offer"
    assert Promotion.objects.get().held == 1


def test_an_account_that_is_there_is_joined_by_its_mailbox_alone(client, shared, alice):
    register(client, "WELCOME26")
    assert Entitlement.objects.filter(user=alice).count() == 1
    page = client.post(link_in(latest_mail()), follow=True)
    assert Entitlement.objects.filter(user=alice).count() == 2
    assert "Log in and download" in page.content.decode()


def test_one_that_cannot_lapse_keeps_nobody_waiting(shared, caplog):
    """Its promotion counts fewer than there are, so the database refuses; others wait behind it."""
    register(Client(), email="first@example.com")
    other = Promotion.objects.create(title="Other", slug="other", is_published=True)
    broken = registered(shared, "broken@example.com", state="held")
    Redemption.objects.filter(pk=broken.pk).update(promotion=other, held_until=timezone.now() - timedelta(hours=2))
    register(Client(), email="last@example.com")
    Redemption.objects.exclude(pk=broken.pk).update(held_until=timezone.now() - timedelta(seconds=1))
    assert lapse_registrations() == 2
    assert Redemption.objects.get(state="held") == broken
    assert f"The registration {broken.pk} cannot lapse." in caplog.text
    assert lapse_registrations() == 0, "it is tried again, and the sweep comes to its end"


def test_a_hold_lapses_and_is_free_again(client, single):
    register(client, single.code)
    Redemption.objects.update(held_until=timezone.now() - timedelta(seconds=1))
    assert lapse_registrations() == 1
    assert lapse_registrations() == 0
    single.refresh_from_db()
    assert (single.held, single.used, Promotion.objects.get().held) == (0, 0, 0)
    assert register(Client(), single.code).status_code == 302
    Redemption.objects.filter(state="lapsed").update(held_until=timezone.now() - timedelta(days=31))
    assert purge_registrations() == 1


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"starts_at": timezone.now() + timedelta(days=1)}, "This promotion begins on"),
        ({"ends_at": timezone.now() - timedelta(days=1)}, "This promotion is over."),
        ({"stopped_at": timezone.now(), "stop_reason": "Sold out."}, "Sold out."),
    ],
)
def test_before_and_after_its_time_the_page_says_so(client, shared, changes, said):
    Promotion.objects.update(**changes)
    page = client.get("/promotions/spring/").content.decode()
    assert said in page
    assert "Your code" not in page
    assert client.post("/promotions/spring/", {"code": "WELCOME26"}).status_code == 200


def test_a_draft_has_no_page(client, shared):
    Promotion.objects.update(is_published=False)
    assert client.get("/promotions/spring/").status_code == 404


def test_the_last_place_is_taken_kindly(client, shared):
    Promotion.objects.update(limit=1)
    other = Client()
    enter(other, "WELCOME26")
    register(client, "WELCOME26")
    refused = other.post("/promotions/spring/register/", {"email": "bob@example.org"})
    assert "All places of this promotion are taken" in refused.content.decode()
    assert "bob@example.org" in refused.content.decode(), "what was typed is kept"
    assert not Redemption.objects.filter(email="bob@example.org").exists()
    assert not OutgoingMail.objects.filter(to="bob@example.org").exists()


@pytest.mark.parametrize("typed", ["spr-7k3q-x9mp-rt4d", "SPR7K3QX9MPRT4D", "x", "", "ö" * 10, "\x00" * 5, "9" * 59])
def test_a_code_that_cannot_be_one_is_told_before_any_look_up(client, shared, typed, django_assert_max_num_queries):
    answer = enter(client, typed)
    assert answer.status_code == 200
    assert not AuditEvent.objects.filter(kind="promo_code.refused").exists()


def test_a_wrong_code_is_recorded_and_many_are_slowed(client, shared):
    for number in range(20):
        assert "no code of this promotion" in enter(client, f"WRONG{number:03}").content.decode()
    assert enter(client, "WRONGXXX").status_code == 429
    assert AuditEvent.objects.filter(kind="promo_code.refused").count() == 20
    assert Client(REMOTE_ADDR="198.51.100.7").post("/promotions/spring/", {"code": "WELCOME26"}).status_code == 302, "nobody else waits"


def test_typed_codes_are_slowed(client, shared):
    register(client, "WELCOME26")
    answers = [client.post("/promotions/spring/mail/", {"typed": "0000-0000"}).status_code for _time in range(11)]
    assert answers == [200] * 10 + [429]


def test_what_is_asked_says_why(client, spring, shared):
    spring.asked_fields.create(name="name", is_required=True, why="We greet you by it.")
    spring.asked_fields.create(name="country", why="We count where our friends live.")
    enter(client, "WELCOME26")
    page = client.get("/promotions/spring/register/").content.decode()
    assert "We greet you by it." in page
    assert "Country (if you like)" in page
    refused = client.post("/promotions/spring/register/", {"email": EMAIL})
    assert "This field is required." in refused.content.decode()
    client.post("/promotions/spring/register/", {"email": EMAIL, "name": "Alice Archer"})
    assert Redemption.objects.get().name == "Alice Archer"


def test_every_visit_is_recorded(client, shared):
    client.get("/promotions/")
    client.get("/promotions/spring/")
    events = AuditEvent.objects.filter(kind="promotion.visited")
    assert [event.detail for event in events.order_by("pk")] == [
        {"page": "promotions", "promotion": ""},
        {"page": "promotion", "promotion": "spring"},
    ]
    assert events.first().ip == "127.0.0.1"


def test_an_address_that_is_longer_than_any_fills_no_log(client, db):
    assert client.get(f"/promotions/{'a' * 3000}/").status_code == 404
    assert AuditEvent.objects.get(kind="promotion.visited").detail["promotion"] == "a" * 50


def test_a_shorter_upgrade_period_is_the_promotions(client, spring, shared):
    Promotion.objects.update(upgrade_months=3)
    register(client, "WELCOME26")
    client.post(link_in(latest_mail()))
    assert Entitlement.objects.get().upgrades_until < timezone.now() + timedelta(days=93)


@pytest.mark.parametrize("token", ["x", "x.y", "a" * 500, "%00", "..:"])
def test_a_link_of_nobody_is_told_kindly(client, token):
    for method in (client.get, client.post):
        assert method(f"/promotions/spring/confirm/{token}/").status_code == 404
