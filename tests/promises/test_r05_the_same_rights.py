"""R5: who came by a promotion has the rights of C14 to C19, as every customer has.

Rosa registered with a code, and bought nothing.
"""

import re

import pytest
from django.test import Client

from accounts import holds
from accounts.contact import CONTACT_FIELDS
from accounts.models import MarketingChoice, RecordOpening
from audit.models import AuditEvent
from mailroom.models import OutgoingMail
from rights import tasks
from support.models import Case
from tests.activity import FIREFOX, HOME, browser, said
from tests.cast import PASSWORD
from tests.customer import log_in, mail_to, try_log_in
from tests.pages import Tags, fields_on, words_of
from tests.purchases.handing import STORES, arrived, go, make_offer
from tests.rights.reports import fetched
from tests.staff import open_record, page_of, staff_log_in
from tests.support.desk import in_hands_of

pytestmark = pytest.mark.django_db
ACCOUNT = "/resources/account/"
HELD = "/resources/log-in/held/"


def test_r05_every_page_of_the_area_is_there_without_a_purchase(rosa, rosas, notebook_file):
    client = log_in(rosa)
    client.post(f"/resources/downloads/{rosas.pk}/", {"file": notebook_file.pk})
    pages = ["", f"products/{rosas.pk}/", f"products/{rosas.pk}/allowance/", "account/", "account/contact/", "account/preferences/"]
    pages += ["account/address/", "account/password/", "account/security/", "activity/", "activity/log-ins/", "activity/downloads/"]
    pages += ["activity/staff/", "activity/changes/", "feedback/", "cookies/"]
    for page in pages:
        assert client.get(f"/resources/{page}").status_code == 200, page
    assert rosas.unlock_codes.get().code in client.get("/resources/").content.decode()


def test_r05_c14_a_purchase_that_she_begins_hands_over_what_she_lets_go(rosa, notebook, settings):
    settings.CHECKOUT_STORES = STORES
    own = settings.PARTNERS["standard-webhooks"] | {"name": "Example Shop", "policy_url": "https://shop.example/privacy"}
    settings.PARTNERS = settings.PARTNERS | {"standard-webhooks": own}
    browser, path = log_in(rosa), "/resources/buy/notebook/"
    filled = browser.post(path, {"offer": make_offer(notebook).pk, "quantity": 1, "step": "review", "fill_in": "1"})
    fields = Tags(filled.content.decode().partition("<main")[2]).fields() | {"step": "review"}
    sent = dict(arrived(go(browser, browser.post(path, fields), path))[1])
    assert sent.items() >= {"product_code": "NOTEBOOK", "quantity": "1", "email": rosa.email}.items()
    assert set(sent) <= {"product_code", "quantity", "email", *CONTACT_FIELDS}
    assert AuditEvent.objects.get(kind="purchase.handed_over").user == rosa


def test_r05_c15_support_sees_her_record_with_a_reason_alone(rosa, sam):
    client = staff_log_in(sam)
    assert client.get(page_of(rosa)).status_code in (302, 403, 404)
    assert rosa.email in open_record(client, rosa).get(page_of(rosa)).content.decode()
    assert RecordOpening.objects.get().customer == rosa


def test_r05_c16_she_sees_her_log_ins_and_downloads_and_who_opened_her_record(rosa, rosas, sam, notebook_file, settings):
    settings.TRUSTED_PROXIES = ["127.0.0.1"]
    client = log_in(rosa, browser("203.0.113.1", FIREFOX))
    client.post(f"/resources/downloads/{rosas.pk}/", {"file": notebook_file.pk})
    open_record(staff_log_in(sam), rosa)
    page = said(client)
    assert "203.0.113.1" in page
    assert "Firefox on Windows this log-in" in page
    assert "notebook-1.0.zip NOTEBOOK 203.0.113.1" in page
    assert "Record opened by staff Support case 4711: a broken download" in said(client, f"{HOME}staff/")


def test_r05_c18_a_correction_that_she_asks_for_is_made(rosa, sam):
    wish = {"about": "contact", "present": "Rosa Reed", "wanted": "Rosa Rush", "form_number": "1"}
    assert log_in(rosa).post("/resources/support/correction/", wish).status_code == 302
    case, desk = in_hands_of(sam, Case.objects.get(user=rosa)), staff_log_in(sam)
    values = {"target": f"account-{rosa.pk}-name", "value": "Rosa Rush", "text": "It is corrected.", "is_all": "on"}
    desk.post(f"/staff/desk/{case.reference}/correction/apply/", values | {"before": "Rosa Reed", "sure": "on"})
    rosa.refresh_from_db()
    assert rosa.name == "Rosa Rush"
    assert "It is corrected." in mail_to(rosa.email).text


def test_r05_c17_she_gets_a_report_with_what_she_registered_with_and_what_it_gave_her(rosa, rosas):
    client = log_in(rosa)
    page = client.post("/resources/your-data/report/")["Location"]
    tasks.make_due_reports()
    report = fetched(client, f"{page}download/")
    (registration,) = report.rows("promotions.Redemption")
    assert (registration["name"], registration["city"], registration["email"]) == ("Rosa Reed", "Cork", "rosa@example.com")
    assert registration["promotion"]["name"]
    (given,) = report.rows("promotions.RedemptionItem")
    assert given["entitlement"] == {"record": "downloads.Entitlement", "id": rosas.pk}
    assert rosas.unlock_codes.get().code in report.text
    assert report.rows("purchases.Purchase") == []
    assert "Your registrations for promotions" in words_of(report.pages()["index.html"])


def test_r05_c11_she_edits_her_contact_data_and_what_she_registered_with_fills_it(rosa):
    client = log_in(rosa)
    page = f"{ACCOUNT}contact/"
    assert (fields_on(client, page)["name"], fields_on(client, page)["city"]) == ("Rosa Reed", "Cork")
    client.post(page, fields_on(client, page) | {"city": "Limerick"})
    rosa.refresh_from_db()
    assert rosa.city == "Limerick"
    assert AuditEvent.objects.get(kind="contact.changed").user == rosa


def test_r05_c11_she_opts_out_of_marketing(rosa):
    client = log_in(rosa)
    form = fields_on(client, f"{ACCOUNT}preferences/")
    form.pop("announcements")
    client.post(f"{ACCOUNT}preferences/", form)
    rosa.refresh_from_db()
    assert rosa.opted_out_at
    assert MarketingChoice.objects.get(user=rosa).opted_out


def test_r05_c11_she_changes_her_address(rosa):
    client = log_in(rosa)
    client.post(f"{ACCOUNT}address/", {"new_email": "rosa@example.net"})
    for address in ("rosa@example.com", "rosa@example.net"):
        found = re.search(r"http://localhost:\d+(\S+/address/confirm/\S+/)", mail_to(address).text)
        assert found
        client.post(client.get(found[1])["Location"])
    rosa.refresh_from_db()
    assert rosa.email == "rosa@example.net"
    assert "Notebook" in log_in(rosa).get("/resources/").content.decode()


def test_r05_c19_on_hold_she_can_ask_to_be_reinstated_and_everything_is_as_it_was(rosa, rosas, ada, notebook_file):
    hold = holds.place(rosa, reason="one network", text="Many registrations came from your network.", by=ada)
    customer = Client()
    assert try_log_in(rosa.email, PASSWORD, customer)["Location"] == HELD
    assert "Many registrations came from your network." in words_of(customer.get(HELD).content.decode())
    customer.post(HELD, {"text": "It is a school."})
    assert "Your message has reached us" in mail_to(rosa.email).text
    holds.lift(hold, by=ada, reason="it is a school")
    log_in(rosa, customer)
    assert rosas.unlock_codes.get().code in customer.get("/resources/").content.decode()
    assert customer.post(f"/resources/downloads/{rosas.pk}/", {"file": notebook_file.pk}).status_code == 303


def test_r05_she_may_have_a_second_factor_and_a_new_password(rosa):
    client = log_in(rosa)
    assert "secret" in client.get(f"{ACCOUNT}security/app/").content.decode().lower()
    client.post(f"{ACCOUNT}password/", {"current_password": PASSWORD, "new_password": "another quiet harbour"})
    rosa.refresh_from_db()
    assert rosa.check_password("another quiet harbour")


def test_r05_her_upgrades_and_her_codes_are_a_customers(rosa, rosas):
    client = log_in(rosa)
    code = rosas.unlock_codes.get()
    before = OutgoingMail.objects.count()
    client.post(f"/resources/products/{rosas.pk}/codes/send/")
    assert OutgoingMail.objects.count() == before + 1
    assert code.code in mail_to(rosa.email).text
    client.post(f"/resources/products/{rosas.pk}/codes/{code.pk}/reissue/", {"reason": "lost"})
    assert rosas.unlock_codes.filter(revoked_at=None).count() == 1
    assert "New releases are included" in words_of(client.get(f"/resources/products/{rosas.pk}/").content.decode())


def test_r05_the_policy_says_so(client):
    policy = words_of(client.get("/privacy/promotions/").content.decode())
    assert "From then on you have the rights of every customer" in policy
