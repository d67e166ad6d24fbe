"""G3: visitors join the announcement group from several places with an address alone; customers belong without asking; each mail's instructions
for removal work, for good; and the addresses go to nobody."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Suppression, User
from announcements import audience
from announcements.models import Mailbox, Subscription
from privacy.registry import registry
from tests import cast
from tests.announcements.joining import EMAIL, HERE, form_on, join, latest_mail, link_in, path_of
from tests.pages import words_of
from tests.promotions.walk import come_by_promotion, make_promotion, make_shared

pytestmark = pytest.mark.django_db
PLACES = ["/", "/products/notebook/", "/contact/", "/announcements/join/"]


def reached(topic: str = "releases") -> set[str]:
    """The addresses that an announcement to everybody would go to now."""
    customers = set(audience.customers({}, topic).values_list("email_key", flat=True))
    return customers | set(audience.subscriptions({}, topic).values_list("email_key", flat=True))


@pytest.mark.parametrize("place", PLACES)
def test_g03_an_address_is_enough_in_several_places(notebook, place):
    client = Client(enforce_csrf_checks=True)
    form = form_on(client, place)
    assert set(form) == {"email", "source", "wording"}
    client.post("/announcements/join/", form | {"email": EMAIL}, headers=HERE)
    assert reached() == set(), "nobody is in before the mailbox is proved"
    client.post(link_in(latest_mail()))
    assert reached() == {EMAIL.lower()}
    assert not client.cookies


def test_g03_also_where_a_promotion_ends(notebook):
    make_shared(make_promotion(notebook))
    assert 'action="/announcements/join/"' in come_by_promotion().content.decode()


def test_g03_customers_belong_without_asking(alice, notebook):
    make_shared(make_promotion(notebook))
    come_by_promotion("rosa@example.com")
    assert reached() == {"alice@example.com", "rosa@example.com"}


@pytest.mark.parametrize("topic", ["releases", "updates", "offers"])
def test_g03_removal_is_from_all_mailings_of_every_kind(alice, topic):
    mailbox = join()
    hers = Mailbox.objects.at(alice.email)
    assert reached(topic) == {EMAIL.lower(), "alice@example.com"}
    Client().post(path_of(mailbox))
    assert reached(topic) == {"alice@example.com"}
    Client().post(path_of(hers))
    assert reached(topic) == set()


def test_g03_removal_outlives_everything_but_the_persons_own_wish(notebook):
    mailbox = join()
    Client().post(path_of(mailbox))
    mailbox.erase()
    Subscription.objects.all().delete()
    cast.buy(cast.Contact(email=EMAIL), notebook)
    assert reached() == set()
    User.objects.update(email="erased@example.org", email_key="erased@example.org")  # the account is nobody's any more
    cast.buy(cast.Contact(email=EMAIL.upper()), notebook, order="2")
    assert reached() == set()
    assert Suppression.objects.of(EMAIL).exists()


def test_g03_the_ways_out_need_neither_log_in_nor_cookie():
    mailbox = join()
    for page in ("leave", "preferences"):
        assert reverse(f"announcements:{page}", args=[mailbox.token]) == path_of(mailbox, page)
        assert Client(enforce_csrf_checks=True).post(path_of(mailbox, page)).status_code == 200
    assert reached() == set()


def test_g03_the_addresses_go_to_nobody():
    for label in ("announcements.Mailbox", "announcements.Subscription", "announcements.Delivery", "accounts.Suppression"):
        assert registry.models[label].recipients_now == (), label


def test_g03_the_policy_says_so(client):
    page = words_of(client.get("/privacy/").content.decode())
    for said in (
        "If you join the announcement group",
        "That you joined the announcement group",
        "The addresses go to nobody.",
        "which words you saw",
    ):
        assert said in page
