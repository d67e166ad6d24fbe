"""Where the site leads to promotions, and what their pages say in each stage."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from promotions.models import Promotion
from tests.pages import Tags, words_of
from tests.promotions.walk import LANDING, enter

pytestmark = pytest.mark.django_db
NOT_RUNNING = [
    {"is_published": False},
    {"starts_at": timezone.now() + timedelta(days=1)},
    {"ends_at": timezone.now() - timedelta(days=1)},
    {"stopped_at": timezone.now()},
]


def links(path: str) -> list[str]:
    return Tags(Client().get(path).content.decode()).links()


def test_home_and_navigation_lead_to_what_is_running(spring):
    for path in ("/", "/products/", "/promotions/"):
        assert "/promotions/" in links(path), path
    assert LANDING in links("/")
    assert "A Notebook for nothing." in words_of(Client().get("/").content.decode())


@pytest.mark.parametrize("changes", NOT_RUNNING)
def test_without_one_nothing_leads_there(spring, changes):
    Promotion.objects.update(**changes)
    for path in ("/", "/products/"):
        assert not [link for link in links(path) if link.startswith("/promotions/")]
    page = Client().get("/promotions/").content.decode()
    assert "No promotion is running at the moment." in page
    assert "Spring offer" not in page


@pytest.mark.parametrize(("counted", "said"), [({"used": 4, "held": 1}, "taken at the moment."), ({"used": 5}, "places are taken.")])
def test_the_list_says_where_no_place_is_left(spring, counted, said):
    Promotion.objects.update(limit=5, used=3)
    assert "places are taken" not in words_of(Client().get("/promotions/").content.decode())
    Promotion.objects.update(**counted)
    assert said in words_of(Client().get("/promotions/").content.decode())


def queries(path: str) -> int:
    Client().get(path)
    with CaptureQueriesContext(connection) as captured:
        Client().get(path)
    return len(captured)


@pytest.mark.parametrize(("path", "most"), [("/", 2), ("/contact/", 0), ("/products/", 1), ("/promotions/", 4)])
def test_many_promotions_cost_no_more_than_one(spring, path, most):
    few = queries(path)
    for number in range(40):
        Promotion.objects.create(title=f"Offer {number}", slug=f"offer-{number}", is_published=True)
    cache.clear()
    assert queries(path) == few <= most


def test_a_landing_page_costs_the_same_however_much_it_grants(spring, shared, notebook, mailer):
    few = queries(LANDING)
    spring.grants.create(product=mailer, units=2)
    assert queries(LANDING) == few


def test_the_list_has_pages(spring):
    for number in range(30):
        Promotion.objects.create(title=f"Offer {number:02}", slug=f"offer-{number}", is_published=True)
    pages = [Client().get(f"/promotions/?page={number}").content.decode() for number in (1, 2, 3, 4)]
    assert [sum(f"Offer {number:02}" in page for number in range(30)) for page in pages] == [12, 12, 6, 0]
    assert "There is no promotion on this page." in pages[3]


def test_a_page_says_what_is_given_and_until_when(client, spring, shared, mailer):
    spring.grants.create(product=mailer, units=2)
    Promotion.objects.update(ends_at="2099-05-03T14:02:00Z", text="## Why\n\nIt is *spring*.")
    page = client.get(LANDING).content.decode()
    assert "Mailer × 2" in words_of(page)
    assert "Until 3 May 2099, 14:02 (UTC)." in page
    assert "It is <em>spring</em>." in page


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"limit": 1, "held": 1}, "Those that are not confirmed are free again within the hour."),
        ({"limit": 1, "used": 1}, "All places of this promotion are taken."),
        ({"starts_at": timezone.now() + timedelta(days=1)}, "keep your code"),
        ({"ends_at": timezone.now() - timedelta(days=1)}, "This promotion is over."),
        ({"stopped_at": timezone.now(), "stop_reason": "Sold out."}, "This promotion was stopped. Sold out."),
    ],
)
def test_who_cannot_register_is_told_why_and_where_to_go(client, shared, changes, said):
    inside = Client()
    enter(inside)
    Promotion.objects.update(**changes)
    page = client.get(LANDING).content.decode()
    assert said in words_of(page)
    assert "Your code" not in page
    assert not enter(client).cookies, "and no code is looked up"
    assert inside.get(f"{LANDING}register/")["Location"] == LANDING


def test_a_draft_has_no_page_at_all(client, shared):
    inside = Client()
    enter(inside)
    Promotion.objects.update(is_published=False)
    for path in (LANDING, f"{LANDING}register/"):
        assert {client.get(path).status_code, inside.get(path).status_code, inside.post(path).status_code} == {404}


def test_what_is_over_gave_and_what_is_on_gives(spring):
    assert "What you get" in words_of(Client().get(LANDING).content.decode())
    spring.stop("Enough.")
    page = words_of(Client().get(LANDING).content.decode())
    assert "What it gave" in page
    assert "What you get" not in page
