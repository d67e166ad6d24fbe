"""G1: the site has three areas for visitors, each with a policy of its own, and every page links the policy of its area.

Each policy says what it covers. Other people's sites are out of scope, and the policies say so.
"""

from urllib.parse import urlsplit

import pytest
from django.test import Client

from privacy.registry import registry
from privacy.tasks import publish_policies
from privacy.versions import publishing
from tests.customer import log_in
from tests.pages import Tags, footer_of, html_of, words_of
from tests.staff import staff_log_in

pytestmark = pytest.mark.django_db
POLICIES = {"/privacy/": "General site", "/privacy/resources/": "Customer resources", "/privacy/promotions/": "Promotions"}


def expected_policy(path: str) -> str:
    """By the first segment of the address, as the promise has it."""
    first = path.lstrip("/").partition("/")[0]
    return {"resources": "/privacy/resources/", "promotions": "/privacy/promotions/"}.get(first, "/privacy/")


def follow_policy_link(client: Client, html: str) -> str:
    """What a reader reads who presses the first link of the navigation at the foot of a page."""
    navigation = footer_of(html).partition("<nav")[2]
    link = Tags("<nav" + navigation).links()[0]
    answer = client.get(link)
    assert answer.status_code == 200
    return words_of(answer.content.decode())


@pytest.mark.parametrize(("path", "title"), POLICIES.items())
def test_g01_each_policy_is_a_page_of_its_own_that_says_what_it_covers(client, path, title):
    html = client.get(path).content.decode()
    assert f"<h1>Privacy: {title}</h1>" in html
    assert f"<title>Privacy: {title} · Infacta</title>" in html
    assert "This policy covers" in words_of(html)


def test_g01_no_two_policies_are_the_same(client):
    texts = {words_of(client.get(path).content.decode()).partition("This page is made from")[0] for path in POLICIES}
    assert len(texts) == 3


def test_g01_together_they_cover_every_address(client):
    general, resources, promotions = (words_of(client.get(path).content.decode()) for path in POLICIES)
    assert "every page of the site but those whose address begins with /resources/ or /promotions/" in general
    assert "every page whose address begins with /resources/" in resources
    assert "addresses that begin with /promotions/" in promotions


@pytest.mark.parametrize("path", POLICIES)
def test_g01_from_each_policy_the_others_are_one_step_away(client, path):
    main = client.get(path).content.decode().partition("<main")[2].partition("</main>")[0]
    links = Tags(main).links()
    assert set(POLICIES) - {path} <= set(links)
    assert path not in links


def test_g01_from_every_page_the_policy_of_its_area_is_one_step_away(alice, every_address):
    for client in (Client(), log_in(alice)):
        for path, html in html_of(client, [*every_address, "/promotions/", "/promotions/none/", "/staff/login/"]).items():
            assert follow_policy_link(client, html).count(f"Privacy: {POLICIES[expected_policy(path)]} ") >= 1, path
            others = {link for link in Tags(footer_of(html)).links() if link in POLICIES}
            assert others == {expected_policy(path)}, path


def test_g01_staff_have_one_too(ada):
    client = staff_log_in(ada)
    html = client.get("/staff/").content.decode()
    assert "Privacy: General site" in follow_policy_link(client, html)


@pytest.mark.parametrize("path", POLICIES)
def test_g01_sites_of_others_are_out_of_scope_and_the_policy_says_so(client, path):
    assert "Some pages link to sites of others. What those do is not covered here" in words_of(client.get(path).content.decode())


def test_g01_no_page_links_elsewhere_but_to_the_policies_of_those_who_are_named(alice, every_address):
    named = {recipient.policy_url for recipient in registry.recipients}
    for path, html in html_of(log_in(alice), every_address).items():
        for tag, attributes in Tags(html).found:
            target = attributes.get("href", "") if tag == "a" else ""
            if urlsplit(target).netloc:
                assert path in POLICIES, path
                assert target in named, path
                assert "noreferrer" in attributes.get("rel", ""), "and the other site does not learn from where one came"


@pytest.mark.parametrize("path", POLICIES)
def test_g01_a_policy_that_changes_leaves_its_old_words_and_says_what_changed(client, settings, path):
    publish_policies()
    before = words_of(client.get(path).content.decode().partition('id="in-short"')[2])
    settings.PRIVACY_EMAIL = "another@vendor.example"
    publish_policies()
    publishing.kept.clear()
    html = client.get(path).content.decode()
    assert "Version 2, of" in words_of(html)
    (changed,) = {link for link in Tags(html).links() if "/changes/?" in link}
    assert "[–privacy@localhost,–] [+another@vendor.example,+]" in words_of(client.get(changed).content.decode())
    first = words_of(client.get(changed.partition("changes/")[0] + "versions/1/").content.decode().partition("<footer>")[0])
    assert "privacy@localhost" in first
    assert "another@vendor.example" not in first
    scope = before.partition("This policy covers")[2].partition(".")[0]
    assert len(scope) > 40
    assert scope in first


def test_g01_policies_are_read_without_cookies_and_without_javascript(client):
    for path in POLICIES:
        answer = client.get(path)
        assert not answer.cookies
        assert "noscript" not in answer.content.decode()
