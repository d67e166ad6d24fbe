"""Whoever gives something is noted with the wording of the policy that was published then, and finds it again."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.contact import Contact
from accounts.models import Throttle, User
from announcements.models import Subscription
from privacy import wording
from privacy.areas import GENERAL, RESOURCES
from privacy.registry import Flow, registry
from privacy.tasks import publish_policies
from privacy.wording import version_of
from support.models import Case, Feedback
from tests import cast
from tests.announcements.joining import ask, join
from tests.customer import log_in
from tests.pages import Tags, words_of
from tests.support.cases import make_case
from tests.support.test_feedback import give

pytestmark = pytest.mark.django_db
ROSA = Contact(email="rosa@example.com", name="Rosa Reed")
NAMED = ("accounts.User", "announcements.Subscription", "promotions.Redemption", "support.Case", "support.Feedback")


@pytest.fixture
def then() -> dict[str, str]:
    """The wordings of today, before the policies change."""
    wording.kept.clear()
    publish_policies()
    return {area.slug: version_of(area) for area in (GENERAL, RESOURCES)}


@pytest.fixture
def later(monkeypatch):
    """Call it, and every policy has another wording."""

    def change() -> None:
        flow = Flow("tide", (GENERAL, RESOURCES), "the tide", registry.flows[0].retention)
        monkeypatch.setattr(registry, "flows", [*registry.flows, flow])
        publish_policies()

    return change


def leads_to_the_first(client: Client, path: str, area: str) -> bool:
    """Whether the page links the policy of then, and the link leads to its words."""
    links = [link for link in Tags(client.get(path).content.decode()).links() if link.startswith("/privacy/versions/")]
    assert len(links) == 1, links
    answer = client.get(links[0], follow=True)
    return answer.redirect_chain == [(f"/privacy/{area}/versions/1/", 302)] and "how the policy read then" in words_of(
        answer.content.decode()
    )


def test_a_purchase_opens_an_account_that_knows_its_policy_and_keeps_it(then, later, notebook, mailer):
    cast.buy(cast.ALICE, notebook, order="A-1")
    later()
    cast.buy(cast.ALICE, mailer, order="A-2")
    alice = User.objects.get()
    assert alice.policy_version == then["resources"] != version_of(RESOURCES)
    assert leads_to_the_first(log_in(alice), "/resources/account/", "resources")


def test_an_account_of_before_says_that_nothing_was_noted(alice):
    User.objects.update(policy_version="")
    assert "Policy of that day not noted" in words_of(log_in(alice).get("/resources/account/").content.decode())


def test_whoever_joins_is_noted_with_the_general_policy(then, later, notebook):
    join(ROSA.email)
    later()
    assert Subscription.objects.get().policy_version == then["general"]
    rosa = cast.buy(ROSA, notebook, order="R-1").user
    assert leads_to_the_first(log_in(rosa), reverse("customer_announcements:topics"), "general")


def test_asking_once_more_before_confirming_counts_with_the_words_of_then(then, later):
    ask(ROSA.email)
    later()
    Throttle.objects.all().delete()
    ask(ROSA.email)
    assert Subscription.objects.get().policy_version == version_of(GENERAL) != then["general"]


def test_feedback_is_noted_with_its_policy_and_without_a_name_with_none(then, later, alice):
    client = log_in(alice)
    give(client)
    give(client, text="Without my name.", anonymous="on")
    later()
    assert Feedback.objects.get(user=alice).policy_version == then["resources"]
    assert Feedback.objects.get(user=None).policy_version == ""
    assert leads_to_the_first(client, "/resources/feedback/", "resources")


def test_a_case_is_noted_with_the_policy_of_the_page_that_it_was_written_on(then, later, alice):
    client = log_in(alice)
    page = client.get("/resources/support/new/")
    fields = Tags(page.content.decode()).fields() | {"subject": "It beeps", "text": "Why?"}
    client.post("/resources/support/new/", fields)
    later()
    case = Case.objects.get()
    assert case.policy_version == then["resources"]
    assert leads_to_the_first(client, f"/resources/support/{case.reference}/", "resources")


def test_a_mail_to_support_saw_no_page(alice):
    assert make_case(user=alice, email=alice.email).policy_version == ""


def test_it_is_declared():
    for label in NAMED:
        assert "policy_version" in registry.models[label].personal, label
    with_it = {label for label, declared in registry.models.items() if "policy_version" in declared.fields}
    assert with_it == set(NAMED)
