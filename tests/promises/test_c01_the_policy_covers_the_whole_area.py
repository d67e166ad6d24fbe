"""C1: one policy covers the customer resources area, the pages for logging in and out included."""

import pytest
from django.test import Client

from privacy.areas import RESOURCES, area_of
from privacy.policies import policy_of
from privacy.registry import registry
from tests.cast import PASSWORD
from tests.customer import link_in, log_in, mail_to
from tests.pages import Tags, footer_of, html_of, words_of

pytestmark = pytest.mark.django_db

POLICY = "/privacy/resources/"


@pytest.fixture
def policy(client) -> str:
    return words_of(client.get(POLICY).content.decode())


def test_c01_the_policy_says_that_it_covers_log_in_and_log_out(policy):
    assert "This policy covers every page whose address begins with /resources/" in policy
    assert "the pages for logging in and out included" in policy


def test_c01_each_page_of_the_area_links_it_on_the_way_in_through_and_out(alice, alices, notebook_file):
    client, pages = Client(), {}
    pages["log-in"] = client.get("/resources/log-in/", follow=True)
    pages["refused log-in"] = client.post("/resources/log-in/", {"email": alice.email, "password": "wrong"})
    pages["forgotten password"] = client.post("/resources/password/forgotten/", {"email": alice.email})
    pages["set password"] = client.get(link_in(mail_to(alice.email)), follow=True)
    pages["dead link"] = client.get("/resources/password/MQ/x-y/")
    pages["home"] = client.post("/resources/log-in/", {"email": alice.email, "password": PASSWORD}, follow=True)
    pages["product"] = client.get(f"/resources/products/{alices.pk}/")
    pages["account"] = client.get("/resources/account/")
    alices.revoke(1)
    pages["refused download"] = client.post(f"/resources/downloads/{alices.pk}/", {"file": notebook_file.pk})
    pages["no such page"] = client.get("/resources/none/")
    pages["logged out"] = client.post("/resources/log-out/", follow=True)
    assert "You are logged out" in words_of(pages["logged out"].content.decode())
    for name, page in pages.items():
        html = page.content.decode()
        assert "Customer resources." in words_of(footer_of(html)), name
        assert {link for link in Tags(footer_of(html)).links() if link in ("/privacy/", POLICY, "/privacy/promotions/")} == {POLICY}, name


def test_c01_no_page_under_another_address_shows_what_belongs_to_the_area(alice, alices, every_address):
    """What the policy covers is told by the address alone, so nothing of it may stand elsewhere."""
    code = alices.unlock_codes.get().code
    for path, html in html_of(log_in(alice), every_address).items():
        if area_of(path) is not RESOURCES:
            for mine in ("Alice", alice.email, code, 'name="password"', "Log out"):
                assert mine not in html, (path, mine)


def test_c01_the_policy_tells_what_logging_in_and_out_records(policy):
    assert RESOURCES in registry.models["accounts.LoginSession"].areas
    for part in ("the IP address", "when it began", "when it ended", "why it ended", "the browser's own description of itself"):
        assert part in policy
    for name in ("cookie_check", "greeting", "account", "authentication", "session"):
        assert f" {name} " in policy


def test_c01_everything_that_the_area_keeps_is_in_its_policy():
    """What belongs to a customer, by whichever path, is declared for the area that customers see."""
    titles = {str(record.title) for record in policy_of(RESOURCES, registry).records}
    for declared in registry.models.values():
        if declared.personal and str(declared.subject or "").endswith("user") and {area.slug for area in declared.areas} != {"staff"}:
            assert str(declared.title) in titles
