"""Staff find the live page from the lists and pages of rows, and the row from its live page, each as far as they may."""

import pytest
from django.test import Client

from promotions.models import Redemption
from tests.pages import Tags
from tests.promotions.staff_side import page_of, stop_page_of
from tests.promotions.walk import come_by_promotion
from tests.staff import staff_log_in

pytestmark = pytest.mark.django_db
LIVE = "/staff/promotions-live/"


def links(client: Client, path: str) -> list[str]:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return Tags(answer.content.decode()).links()


@pytest.fixture
def registration(shared) -> Redemption:
    come_by_promotion()
    return Redemption.objects.get()


def test_administration_goes_there_and_back(ada, spring, shared, registration):
    staff = staff_log_in(ada)
    lives = {
        spring: f"{LIVE}{spring.pk}/",
        shared.batch: f"{LIVE}batches/{shared.batch_id}/",
        registration: f"{LIVE}registrations/{registration.pk}/",
    }
    for row, live in lives.items():
        assert live in links(staff, f"/staff/promotions/{row._meta.model_name}/")
        assert live in links(staff, page_of(row))
        assert page_of(row) in links(staff, live)
    assert lives[shared.batch] in links(staff, lives[registration])
    assert LIVE in links(staff, "/staff/")
    assert "/staff/promotions/promotion/" in links(staff, LIVE)


def test_a_stop_is_on_one_page_and_found_from_both(ada, spring, shared):
    staff = staff_log_in(ada)
    for row, live in ((spring, f"{LIVE}{spring.pk}/"), (shared.batch, f"{LIVE}batches/{shared.batch_id}/")):
        assert stop_page_of(row) in links(staff, page_of(row))
        assert stop_page_of(row) in links(staff, live)
        assert staff.get(page_of(row, "stop")).status_code in (302, 404), "and nowhere else"


def test_support_is_led_where_it_may_go(sams, spring, shared, registration):
    for path in (
        "/staff/",
        "/staff/promotions/promotion/",
        page_of(spring),
        f"{LIVE}{spring.pk}/",
        f"{LIVE}registrations/{registration.pk}/",
    ):
        for link in links(sams, path):
            assert "/codebatch/" not in link, path
            assert "/batches/" not in link, path
            assert not link.endswith("/stop/"), path
    assert f"{LIVE}{spring.pk}/" in links(sams, page_of(spring))
    assert page_of(registration) in links(sams, f"{LIVE}registrations/{registration.pk}/")
