"""C11: customers view and edit their contact information and their preferences, and can opt out of marketing there.

What they cannot edit themselves is corrected by staff on request: that is C18, and comes with support.
"""

import re

import pytest
from django.test import Client

from accounts.contact import CONTACT_FIELDS
from accounts.models import MarketingChoice, User
from accounts.personal_data import CONTACT
from announcements import audience
from announcements.models import Mailbox
from audit.models import AuditEvent
from privacy.registry import registry
from tests import cast
from tests.customer import log_in, mail_to
from tests.pages import Tags, fields_on, words_of

pytestmark = pytest.mark.django_db
ACCOUNT = "/resources/account/"
CONTACT_PAGE, PREFERENCES, ADDRESS = f"{ACCOUNT}contact/", f"{ACCOUNT}preferences/", f"{ACCOUNT}address/"
PROMISED = {"name", "company", "address1", "address2", "city", "region", "postal_code", "country", "telephone", "fax"}


def filled(client, page: str, **values: str) -> dict[str, str]:
    return fields_on(client, page) | values


def test_c11_what_is_promised_to_be_editable_is_all_contact_data_that_is_declared():
    assert set(CONTACT) == set(CONTACT_FIELDS) == PROMISED


def test_c11_the_account_page_shows_what_is_known_and_leads_to_every_edit(alice):
    html = log_in(alice).get(ACCOUNT).content.decode()
    page = words_of(html)
    for said in ("Alice Archer", "Archer & Daughters", "12 Quay Street", "H91 XR5A Galway", "IE", "+353 91 555 012", "Alice@example.com"):
        assert said in page
    assert {CONTACT_PAGE, PREFERENCES, ADDRESS, f"{ACCOUNT}security/"} <= set(Tags(html).links())


@pytest.mark.parametrize("field", sorted(PROMISED))
def test_c11_each_field_of_contact_data_is_edited_by_its_owner(alice, field):
    client = log_in(alice)
    assert filled(client, CONTACT_PAGE)[field] == getattr(cast.ALICE, field)
    client.post(CONTACT_PAGE, filled(client, CONTACT_PAGE, **{field: "Changed"}))
    alice.refresh_from_db()
    assert getattr(alice, field) == "Changed"
    assert {name for name in PROMISED - {field} if getattr(alice, name) != getattr(cast.ALICE, name)} == set()
    assert AuditEvent.objects.get(kind="contact.changed").user == alice


def test_c11_the_next_order_does_not_undo_what_a_customer_changed(alice, notebook):
    client = log_in(alice)
    client.post(CONTACT_PAGE, filled(client, CONTACT_PAGE, name="Alice B."))
    cast.buy(cast.ALICE, notebook, order="A-2")
    alice.refresh_from_db()
    assert alice.name == "Alice B."


def test_c11_each_preference_is_edited_by_its_owner(alice):
    client = log_in(alice)
    client.post(PREFERENCES, filled(client, PREFERENCES, greeting="Ally", language="en", time_zone="Europe/Dublin"))
    alice.refresh_from_db()
    assert (alice.greeting, alice.language, alice.time_zone) == ("Ally", "en", "Europe/Dublin")
    assert "Hello, Ally" in words_of(client.get("/resources/").content.decode())


def test_c11_marketing_is_refused_with_one_tick_and_welcomed_again_and_both_are_proved(alice):
    client = log_in(alice)
    form = filled(client, PREFERENCES)
    del form["announcements"]
    client.post(PREFERENCES, form)
    alice.refresh_from_db()
    assert alice.opted_out_at
    assert "none since" in words_of(client.get(ACCOUNT).content.decode())
    assert MarketingChoice.objects.get(user=alice).opted_out
    client.post(PREFERENCES, filled(client, PREFERENCES, announcements="on"))
    alice.refresh_from_db()
    assert alice.opted_out_at is None
    assert MarketingChoice.objects.filter(user=alice).count() == 2


def test_c11_the_address_is_edited_by_whoever_reads_mail_at_both(alice):
    client = log_in(alice)
    client.post(ADDRESS, {"new_email": "alice@example.net"})
    for address in ("alice@example.com", "alice@example.net"):
        found = re.search(r"http://localhost:\d+(\S+/confirm/\S+/)", mail_to(address).text)
        assert found
        client.post(client.get(found[1])["Location"])
    alice.refresh_from_db()
    assert alice.email == "alice@example.net"
    log_in(alice)


@pytest.mark.parametrize("page", [CONTACT_PAGE, PREFERENCES, ADDRESS])
def test_c11_nobody_views_or_edits_anothers(alice, mallory, page):
    """The pages take no id: they show and change whoever is logged in, whatever else is sent along."""
    before = User.objects.values().get(pk=alice.pk)
    client = log_in(mallory)
    html = client.get(f"{page}?user={alice.pk}&id={alice.pk}").content.decode()
    assert "Alice" not in html
    form = {"user": str(alice.pk), "id": str(alice.pk), "pk": str(alice.pk), "email": alice.email}
    client.post(page, Tags(html).fields() | form | {"city": "Nowhere", "greeting": "M", "new_email": "m@example.net"})
    assert User.objects.values().get(pk=alice.pk) == before


def test_c11_everything_that_can_be_edited_is_declared_for_the_policy(alice):
    declared = registry.models["accounts.User"].personal
    assert {*PROMISED, "email", "greeting", "greets", "language", "time_zone", "opted_out_at"} <= set(declared)


def test_c11_the_opt_out_in_the_preferences_and_the_one_in_a_mail_are_the_same(alice):
    """Either way both places say so, and either way it is proved."""
    client, mailbox = log_in(alice), Mailbox.objects.at(alice.email)
    leaving = f"/announcements/leave/{mailbox.token}/"
    Client().post(leaving)
    assert "announcements" not in fields_on(client, PREFERENCES)
    client.post(PREFERENCES, filled(client, PREFERENCES, announcements="on"))
    assert "No more announcements?" in Client().get(leaving).content.decode()
    form = filled(client, PREFERENCES)
    del form["announcements"]
    client.post(PREFERENCES, form)
    assert "You get no more announcements" in Client().get(leaving).content.decode()
    assert list(MarketingChoice.objects.order_by("pk").values_list("opted_out", "origin")) == [
        (True, "mail"),
        (False, "preferences"),
        (True, "preferences"),
    ]


def test_c11_topics_are_chosen_in_the_account(alice):
    client = log_in(alice)
    client.post(f"{ACCOUNT}announcements/", {"wants_updates": "on"})
    assert [audience.count({}, topic) for topic in ("releases", "updates", "offers")] == [0, 1, 0]
