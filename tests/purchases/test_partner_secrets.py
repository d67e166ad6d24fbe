"""Partners' secrets in the staff area: written, told apart, removed; read again by nobody."""

import json
import logging
import re

import pytest
from django.contrib.admin.models import LogEntry

from audit.models import AuditEvent
from purchases.forms.secrets import PartnerSecretForm
from purchases.models import PartnerSecret
from purchases.partners.registry import PARTNERS
from tests.purchases.everything import everything
from tests.purchases.partner_side import OTHER_SECRET, URL, purchase, signed
from tests.threads import at_once

pytestmark = pytest.mark.django_db
LIST = "/staff/purchases/partnersecret/"


def add(browser, secret=OTHER_SECRET, **form):
    return browser.post(f"{LIST}add/", {"partner": "standard-webhooks", "label": "new one", "secret": secret} | form, follow=True)


def test_a_secret_that_was_added_counts(adas_browser, client, notebook):
    assert add(adas_browser).status_code == 200
    body = json.dumps(purchase()).encode()
    headers = signed(body, secret=OTHER_SECRET)
    assert client.post(URL, body, content_type="application/json", headers=headers).status_code == 200


def test_it_is_shown_nowhere(adas_browser, ada, caplog):
    caplog.set_level(logging.DEBUG)
    answer = add(adas_browser).content.decode()
    row = PartnerSecret.objects.get()
    pages = [answer] + [
        adas_browser.get(address).content.decode()
        for address in (LIST, f"{LIST}{row.pk}/change/", f"{LIST}{row.pk}/history/", f"{LIST}{row.pk}/delete/", f"{LIST}add/", "/staff/")
    ]
    assert row.fingerprint in pages[1]
    assert "new one" in pages[1]
    for where in (*pages, str(everything()), caplog.text):
        assert OTHER_SECRET not in where
        assert row.sealed not in where or where == str(everything())
    assert LogEntry.objects.get().object_repr == f"partner's secret {row.pk}"
    assert (row.added_by, AuditEvent.objects.get(kind="partner_secret.added").detail["fingerprint"]) == (ada, row.fingerprint)


def test_what_is_wrong_with_it_is_said_without_repeating_it(adas_browser):
    page = add(adas_browser, "not-a-secret").content.decode()
    assert "This is no secret that signatures of this partner can be checked with" in page
    assert "not-a-secret" not in page
    assert not PartnerSecret.objects.exists()


def test_one_is_made_and_shown_exactly_once(adas_browser):
    answer = add(adas_browser, "", make_one="on")
    found = re.search(r'class="made-secret">([^<]+)<', answer.content.decode())
    assert found
    assert answer.headers["Cache-Control"].startswith("max-age=0, no-cache, no-store")
    assert PARTNERS["standard-webhooks"].secrets[-1] == found[1]
    row = PartnerSecret.objects.get()
    for address in (LIST, f"{LIST}{row.pk}/change/", f"{LIST}{row.pk}/history/", "/staff/"):
        assert found[1] not in adas_browser.get(address).content.decode()
    assert found[1] not in str(everything()), "neither a session nor a message holds it"


@pytest.mark.parametrize("form", [{"secret": ""}, {"make_one": "on"}])
def test_it_is_typed_or_made_and_not_both(adas_browser, form):
    assert "one of the two" in add(adas_browser, **form).content.decode()
    assert not PartnerSecret.objects.exists()


@pytest.mark.parametrize(("secret", "good"), [("a" * 20, True), ("a" * 19, False), ("a/b" * 10, False), ("ü" * 30, False)])
def test_a_secret_in_an_address_fits_into_one(monkeypatch, secret, good):
    monkeypatch.setattr(PARTNERS["plimus"], "has_secret_address", True, raising=False)
    form = PartnerSecretForm({"partner": "plimus", "secret": secret})
    assert form.is_valid() == good
    made = PartnerSecretForm({"partner": "plimus", "make_one": "on"})
    assert made.is_valid()
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", made.made)


def test_the_same_one_is_added_once(adas_browser):
    add(adas_browser)
    assert "This very secret is here already." in add(adas_browser).content.decode()
    assert PartnerSecret.objects.count() == 1


def test_a_removed_one_counts_no_more(adas_browser, ada):
    add(adas_browser)
    assert OTHER_SECRET in PARTNERS["standard-webhooks"].secrets
    row = PartnerSecret.objects.get()
    adas_browser.post(f"{LIST}{row.pk}/delete/", {"post": "yes"})
    assert OTHER_SECRET not in PARTNERS["standard-webhooks"].secrets
    removed = AuditEvent.objects.get(kind="partner_secret.removed")
    assert (removed.actor, removed.detail) == (ada, {"partner": "standard-webhooks", "fingerprint": row.fingerprint})


def test_many_are_removed_at_once_from_the_list(adas_browser):
    add(adas_browser)
    chosen = {"action": "delete_selected", "_selected_action": [PartnerSecret.objects.get().pk], "post": "yes"}
    adas_browser.post(LIST, chosen)
    assert OTHER_SECRET not in PARTNERS["standard-webhooks"].secrets
    assert AuditEvent.objects.filter(kind="partner_secret.removed").count() == 1


def test_it_is_not_changed(adas_browser):
    add(adas_browser)
    row = PartnerSecret.objects.get()
    assert adas_browser.post(f"{LIST}{row.pk}/change/", {"partner": "plimus", "label": "x"}).status_code == 403
    assert PartnerSecret.objects.get().label == "new one"


def test_support_sees_nothing_of_them(adas_browser, sams):
    add(adas_browser)
    assert sams.get(LIST).status_code == 403
    assert add(sams).status_code == 403
    assert sams.get(f"{LIST}{PartnerSecret.objects.get().pk}/change/").status_code == 403


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_the_same_secret_by_many_at_once_is_added_once(adas_browser):
    answers = at_once(lambda _number: add(adas_browser).status_code, range(4))
    assert answers == [200] * 4
    assert PartnerSecret.objects.count() == AuditEvent.objects.filter(kind="partner_secret.added").count() == 1
