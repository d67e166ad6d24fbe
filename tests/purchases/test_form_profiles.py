"""RegSoft and Emetrix: forms that a profile reads, which staff edit and try on a sample before it counts."""

from decimal import Decimal
from urllib.parse import urlencode

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session
from django.test import Client
from hypothesis import given

from audit.models import AuditEvent
from purchases.models import FormProfile, OrderMailProfile, ProductCode, Purchase, WebhookEvent
from purchases.partners.base import Notice
from purchases.partners.regsoft import RegSoft
from purchases.patterns import BadPattern, compiled
from purchases.profiles.illustrative import add_illustrative_profiles
from purchases.tasks import fulfil_due_events
from tests.mailroom.letters import letter
from tests.purchases.form_fuzz import check, check_reading, forms, many_forms, some_forms
from tests.purchases.sides.regsoft import AFTERWARDS, ORDER, SECRET
from tests.staff import staff_log_in

pytestmark = pytest.mark.django_db
URL = f"/partners/regsoft/notify/{SECRET}/"
CARD = "4111 1111 1111 1111"


@pytest.fixture(autouse=True)
def regsoft(db, settings, notebook) -> None:
    settings.PARTNERS["regsoft"]["secrets"] = [SECRET]
    add_illustrative_profiles()
    change(is_on=True)
    ProductCode.objects.create(partner="regsoft", code="NB-2", product=notebook)


def change(**values: object) -> FormProfile:
    FormProfile.objects.filter(partner="regsoft").update(**values)
    return FormProfile.objects.get(partner="regsoft")


def tell(client: Client, form: dict[str, str] | None = None, encoding: str = "utf-8", **changes: str) -> int:
    body = urlencode((form or ORDER) | changes, encoding=encoding).encode()
    status = client.post(URL, body, content_type="application/x-www-form-urlencoded").status_code
    fulfil_due_events()
    return status


@pytest.fixture
def adas(ada):
    return staff_log_in(ada)


def page_of(profile, page: str = "change") -> str:
    return f"/staff/purchases/{profile._meta.model_name}/{profile.pk}/{page}/"


def test_a_form_is_read_by_its_profile(client):
    assert tell(client) == 200
    purchase = Purchase.objects.get()
    assert (purchase.order_reference, purchase.name, purchase.total, purchase.currency) == (
        "R-1001",
        "Alice Archer",
        Decimal("39.80"),
        "USD",
    )
    assert purchase.purchased_at.isoformat() == "2026-01-02T08:04:05+00:00"
    assert (purchase.ip, purchase.items.get().quantity) == ("203.0.113.7", 2)


def test_a_profile_that_is_off_keeps_the_address_closed(client):
    change(is_on=False)
    assert tell(client) == 404
    assert not WebhookEvent.objects.exists()


def test_numbered_lines_begin_with_0_or_1(client, mailer):
    tell(client, ProductCode2="MAILER", Quantity2="3", UnitPrice2="5.00")
    tell(client, {name.replace("1", "0"): value for name, value in ORDER.items()} | {"Address1": "x"}, OrderNumber="R-2")
    first, second = Purchase.objects.order_by("pk")
    assert [(item.product_code, item.quantity) for item in first.items.order_by("line_number")] == [("NB-2", 2), ("MAILER", 3)]
    assert second.items.get().product_code == "NB-2"


@pytest.mark.parametrize(("encoding", "said"), [("utf-8", ""), ("cp1252", ""), ("cp1252", "cp1252"), ("utf-8", "utf-8")])
def test_characters_are_those_of_the_profile(client, encoding, said):
    change(character_set=said)
    tell(client, encoding=encoding, FirstName="Jürgen", LastName="Müßig – x")
    assert Purchase.objects.get().name == "Jürgen Müßig – x"


@pytest.mark.parametrize(
    ("separator", "text", "total"),
    [
        (".", "$1,234.50", "1234.50"),
        (",", "1.234,50 EUR", "1234.50"),
        (",", "7", "7"),
        (".", "-39.80", "39.80"),
        (",", "1 234,5", "1234.5"),
    ],
)
def test_amounts_are_read_as_the_partner_writes_them(client, separator, text, total):
    change(decimal_separator=separator)
    assert tell(client, OrderTotal=text, UnitPrice1="") == 200
    assert Purchase.objects.get().total == Decimal(total)


def test_units_of_a_product_are_refunded_and_twice_only_by_another_number(client):
    tell(client, Quantity1="5")
    for number in ("1", "1", "2"):
        tell(client, AFTERWARDS | {"Type": "refund", "RefundNumber": number, "ProductCode1": "NB-2", "Quantity1": "1"})
    assert Purchase.objects.get().items.get().units_left == 3


def test_a_part_of_the_price_is_for_staff(client):
    tell(client)
    tell(client, AFTERWARDS | {"Type": "refund", "OrderTotal": "-10.00"})
    assert Purchase.objects.get().items.get().units_left == 2
    assert WebhookEvent.objects.get(kind="refund").state == "failed"


def test_a_type_that_nobody_knows_is_kept_and_grants_nothing(client):
    assert tell(client, Type="shipped") == 200
    assert WebhookEvent.objects.get().state == "ignored"
    assert tell(client) == 200
    assert Purchase.objects.count() == 1


def test_what_was_read_wrongly_is_read_again_once_the_profile_is_mended(client):
    change(product_code="Nothing{n}", quantity="Amount")
    assert tell(client) == 400, "it is refused while it cannot be read, so the partner sends it again"
    change(product_code="ProductName{n}")
    assert tell(client) == 200
    assert WebhookEvent.objects.get().unknown_code == "Notebook"
    change(product_code="ProductCode{n}", quantity="Quantity{n}")
    WebhookEvent.objects.replay()
    fulfil_due_events()
    assert Purchase.objects.get().items.get().quantity == 2


@pytest.mark.parametrize(
    "changes",
    [
        {"OrderNumber": ""},
        {"OrderNumber": "ü"},
        {"Email": "nobody"},
        {"Quantity1": "0"},
        {"Quantity1": "-3"},
        {"Quantity1": "10001"},
        {"OrderTotal": "much"},
        {"OrderTotal": "99999999999"},
        {"Currency": "Taler"},
        {"OrderDate": "02/30/2026 00:00:00"},
        {"OrderDate": "01/02/2099 00:00:00"},
        {"ProductCode1": ""},
    ],
    ids=str,
)
def test_what_cannot_be_read_is_refused(client, changes):
    assert tell(client, **changes) == 400
    assert not WebhookEvent.objects.exists()


def test_more_fields_than_a_form_has_are_refused(client):
    assert tell(client, {str(number): "x" for number in range(501)}) == 400


def test_the_order_mail_and_the_form_have_the_same_key(client):
    tell(client)
    assert WebhookEvent.objects.get().event_key == "purchase|R-1001"


def test_staff_try_a_form_and_read_what_would_come_of_it(adas):
    profile = FormProfile.objects.get(partner="regsoft")
    assert page_of(profile, "try") in adas.get(page_of(profile)).content.decode()
    sample = "\n".join(f"{name}={value}" for name, value in (ORDER | {"Company": CARD, "Zip": ""}).items())
    for pasted in (sample, urlencode(ORDER | {"Company": CARD, "Zip": ""})):
        page = adas.post(page_of(profile, "try"), {"sample": pasted}).content.decode()
        assert "Kind: purchase. Order R-1001." in page
        assert "2 × NB-2, which is Notebook." in page
        assert "missing" in page
        result = page.partition("What would come of it")[2].partition("</table>")[0]
        assert CARD not in result
        assert "removed-" in result
    assert not WebhookEvent.objects.exists()


def test_staff_read_why_a_sample_could_not_be_taken(adas):
    page = adas.post(page_of(FormProfile.objects.get(partner="regsoft"), "try"), {"sample": "OrderNumber=R-1&Type=sale"}).content.decode()
    assert "It could not be taken: OrderDate is no date of the form %m/%d/%Y %H:%M:%S." in page


def test_staff_try_a_mail(adas):
    profile = OrderMailProfile.objects.get(partner="regsoft", kind="purchase")
    page = adas.post(page_of(profile, "try"), {"sample": letter().as_string()}).content.decode()
    assert "2 × NB-2, which is Notebook." in page
    assert "quarantine" not in page.partition("What would come of it")[2]
    page = adas.post(page_of(profile, "try"), {"sample": letter(results="").as_string()}).content.decode()
    assert "But it would go to quarantine: No DKIM signature" in page
    page = adas.post(page_of(profile, "try"), {"sample": "only a text, card 4111111111111111"}).content.decode()
    assert "It could not be taken: The order reference is not found." in page


@pytest.mark.parametrize("sample", ["", "x" * 200_001, "\x00", "&&&=", "a=1&a=2", "&".join("abcdefgh") * 200])
def test_any_sample_is_answered(adas, sample):
    for profile in (FormProfile.objects.first(), OrderMailProfile.objects.first()):
        assert adas.post(page_of(profile, "try"), {"sample": sample}).status_code in (200, 400)


def test_support_tries_nothing(sams):
    for profile in (FormProfile.objects.first(), OrderMailProfile.objects.first()):
        assert sams.get(page_of(profile, "try")).status_code == 403
        assert sams.get(page_of(profile)).status_code in (403, 404)
    assert sams.post(page_of(OrderMailProfile.objects.first(), "secret")).status_code == 403


def test_a_secret_address_is_shown_once(adas, ada):
    profile = OrderMailProfile.objects.get(partner="regsoft", kind="purchase")
    page = adas.post(page_of(profile, "secret"), follow=True).content.decode()
    secret = page.partition("orders+")[2].partition("@")[0]
    profile.refresh_from_db()
    assert profile.admits([secret])
    assert secret not in adas.get(page_of(profile)).content.decode()
    assert AuditEvent.objects.filter(kind="partner_profile.changed", actor=ada).count() == 1
    assert secret not in str(list(AuditEvent.objects.values())) + str(list(LogEntry.objects.values()))


def test_no_session_keeps_a_secret_address(adas):
    page = adas.post(page_of(OrderMailProfile.objects.get(partner="regsoft", kind="purchase"), "secret")).content.decode()
    assert "orders+" in page
    assert "orders+" not in str([session.get_decoded() for session in Session.objects.all()])


def form_values(profile) -> dict[str, object]:
    names = [field.name for field in profile._meta.concrete_fields if field.editable and field.name != "id"]
    return {name: value for name in names if (value := getattr(profile, name)) not in (None, False)}


def save(browser, profile, **changes) -> str:
    return browser.post(page_of(profile), form_values(profile) | changes, follow=True).content.decode()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"date_format": "%d %d"}, "No date can be read by this format."),
        ({"date_format": "%d/%m"}, "This format leaves out the year, the month or the day."),
        ({"currency": "Eur"}, "Three capital letters, such as USD."),
        ({"purchase_values": " , "}, "Say what stands in that field then."),
        ({"partner": "plimus"}, "Select a valid choice."),
    ],
)
def test_a_form_profile_that_can_read_nothing_is_not_saved(adas, changes, sentence):
    assert sentence in save(adas, FormProfile.objects.get(partner="regsoft"), **changes)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"order_reference": "("}, "This is no pattern that we can use"),
        ({"order_reference": r"(a)\1"}, "This is no pattern that we can use"),
        ({"order_reference": ""}, "Without it nothing tells which order is meant."),
        ({"email": ""}, "A purchase cannot do without this pattern."),
        ({"dkim_domain": ""}, "Say which domain must have signed"),
        ({"requires_dkim": "", "is_on": "on"}, "Anybody can write any sender into a mail"),
    ],
)
def test_a_mail_profile_that_nothing_vouches_for_is_not_saved(adas, changes, sentence):
    assert sentence in save(adas, OrderMailProfile.objects.get(partner="regsoft", kind="purchase"), **changes)


def test_switching_a_profile_on_is_recorded(adas, ada):
    assert "was changed successfully" in save(adas, FormProfile.objects.get(partner="emetrix"), is_on="on")
    event = AuditEvent.objects.get(kind="partner_profile.changed")
    assert (event.actor, event.detail["partner"], event.detail["switched_on"]) == (ada, "emetrix", True)


@pytest.mark.parametrize("pattern", ["(?:(?:(?:a{1000}){1000}){1000})b", "a" * 301, "(?=x)", "(?P<n", "[z-a]"])
def test_patterns_that_take_for_ever_do_not_exist(pattern):
    with pytest.raises(BadPattern):
        compiled(pattern)


@many_forms
@given(body=forms(ORDER))
def test_any_form_is_read_or_refused(regsoft, body):
    check_reading(RegSoft(), Notice(body, {}, None))


@some_forms
@given(body=forms(ORDER | {"Type": "refund"}) | forms(ORDER))
def test_any_form_is_answered_and_no_order_is_granted_by_half(regsoft, body):
    check(lambda form: Client().post(URL, form, content_type="application/x-www-form-urlencoded"), body)
