"""Order mails: from the mailroom, by a profile, to a purchase like any other."""

import logging
from decimal import Decimal

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from downloads.models import UnlockCode
from mailroom.incoming import take_in
from mailroom.models import IncomingMail, OutgoingMail
from purchases.models import FormProfile, OrderMailProfile, ProductCode, Purchase, WebhookEvent
from purchases.profiles.illustrative import add_illustrative_profiles
from purchases.tasks import fulfil_due_events
from tests.mailroom.letters import ORDER_TEXT, PASSED, REFUND_TEXT, letter
from tests.promises.test_g05_payment_details_are_never_stored import everything_kept
from tests.purchases.form_fuzz import some_forms
from tests.purchases.sides.regsoft import SIDE

pytestmark = pytest.mark.django_db
CARD = "4111 1111 1111 1111"


@pytest.fixture(autouse=True)
def profiles(db, notebook) -> None:
    add_illustrative_profiles()
    OrderMailProfile.objects.filter(partner="regsoft").update(is_on=True)
    ProductCode.objects.create(partner="regsoft", code="NB-2", product=notebook)


def come(*args: str, **changes: str) -> IncomingMail:
    row = take_in(letter(*args, **changes).as_bytes())
    fulfil_due_events()
    row.refresh_from_db()
    return row


def profile(kind: str = "purchase") -> OrderMailProfile:
    return OrderMailProfile.objects.get(partner="regsoft", kind=kind)


def change(kind: str = "purchase", **values: object) -> OrderMailProfile:
    OrderMailProfile.objects.filter(partner="regsoft", kind=kind).update(**values)
    return profile(kind)


def test_an_order_mail_is_a_purchase_like_any_other():
    row = come()
    assert (row.state, row.handler, row.source) == ("taken", "order mails", ""), row.reason
    purchase = Purchase.objects.get()
    assert (purchase.partner, purchase.order_reference, purchase.email) == ("regsoft", "R-1001", "Alice@example.com")
    assert (purchase.total, purchase.currency, purchase.city) == (Decimal("39.80"), "USD", "Galway")
    assert purchase.purchased_at.isoformat() == "2026-01-02T05:00:00+00:00", "midnight five hours behind UTC"
    item = purchase.items.get()
    assert (item.quantity, item.unit_price, item.product_name) == (2, Decimal("19.90"), "Notebook")
    assert UnlockCode.objects.count() == 2
    assert OutgoingMail.objects.get().to == "Alice@example.com", "and nobody else is written to"
    assert WebhookEvent.objects.get().channel == "email"


def test_the_same_mail_twice_counts_once():
    come()
    come(results=PASSED, Received="from elsewhere")
    assert IncomingMail.objects.count() == Purchase.objects.count() == OutgoingMail.objects.count() == 1


def test_a_mail_that_is_sent_once_more_grants_nothing_more():
    come()
    assert come(number="<2@regsoft.example>", Date="Sat, 03 Jan 2026 03:04:05 -0500").state == "taken"
    assert Purchase.objects.count() == WebhookEvent.objects.count() == 1


def test_a_mail_that_says_something_else_of_a_known_order_is_for_staff():
    come()
    row = come(ORDER_TEXT.replace("Quantity: 2", "Quantity: 20"), number="<2@regsoft.example>")
    assert (row.state, row.reason) == ("quarantined", "The same was told by another mail before, which says something else.")
    assert UnlockCode.objects.count() == 2


@pytest.mark.parametrize("mail_first", [True, False])
def test_mail_and_form_of_one_order_grant_once(client, settings, mail_first):
    with SIDE.opened(settings):
        steps = [come, lambda: [message.post(client) for message in SIDE.purchase()]]
        for step in steps if mail_first else reversed(steps):
            step()
            fulfil_due_events()
    assert set(IncomingMail.objects.values_list("state", flat=True)) == {"taken"}
    assert Purchase.objects.count() == WebhookEvent.objects.count() == 1
    assert UnlockCode.objects.count() == 2


def test_a_refund_mail_takes_the_order_back():
    come()
    assert come(REFUND_TEXT, "Refund of R-1001", number="<2@regsoft.example>").state == "taken"
    assert Purchase.objects.get().items.get().units_left == 0


def test_a_refund_mail_before_its_order_is_joined(an_hour_later):
    come(REFUND_TEXT, "Refund of R-1001", number="<2@regsoft.example>")
    come()
    an_hour_later()
    assert Purchase.objects.get().items.get().units_left == 0


def test_a_refund_of_a_part_of_the_price_is_for_staff():
    come()
    come(REFUND_TEXT.replace("39.80", "10.00"), "Refund of R-1001", number="<2@regsoft.example>")
    assert Purchase.objects.get().items.get().units_left == 2
    assert WebhookEvent.objects.get(kind="refund").state == "failed"


def test_a_test_order_grants_nothing():
    come("*** TEST ORDER\n" + ORDER_TEXT)
    assert WebhookEvent.objects.get().state == "ignored"
    assert not Purchase.objects.exists()


@pytest.mark.parametrize(
    "results",
    [
        "",
        "mx.example.net; dkim=fail header.d=regsoft.example",
        "mx.example.net; dkim=pass header.d=regsoft.example.mallory.example",
        "mx.example.net; dkim=pass header.d=mallory.example",
        "mx.mallory.example; dkim=pass header.d=regsoft.example",
        "mx.example.net; dkim=fail (; dkim=pass header.d=regsoft.example) header.d=x",
        'mx.example.net; dkim=fail reason="x; dkim=pass header.d=regsoft.example"',
        'mx.example.net; dkim=fail reason="x; dkim=pass header.d=regsoft.example',
        "mx.example.net; spf=pass smtp.mailfrom=regsoft.example",
        "mx.example.net; dkim=fail (a (b) ; dkim=pass header.d=regsoft.example ) header.d=x",
        "mx.example.net; dkim=pass header.d=mallory.example header.d=regsoft.example",
        ";",
        "; ;",
        "mx.example.net",
    ],
)
def test_an_unsigned_mail_is_never_granted(results):
    row = come(results=results)
    assert row.state == "quarantined"
    assert "No DKIM signature of regsoft.example has passed" in row.reason
    assert not WebhookEvent.objects.exists()


def test_only_the_topmost_result_counts():
    mail = letter(results="mx.example.net; dkim=fail header.d=regsoft.example")
    mail["Authentication-Results"] = PASSED
    assert take_in(mail.as_bytes()).state == "received"
    assert IncomingMail.objects.get().state == "quarantined"


def test_two_senders_are_none():
    raw = letter().as_bytes().replace(b"Subject:", b"From: mallory@example.net\nSubject:", 1)
    take_in(raw)
    assert IncomingMail.objects.get().reason == "Nobody here expects such a mail."


def test_a_secret_address_vouches_too():
    wanted = change(requires_dkim=False)
    secret = wanted.make_secret()
    wanted.save()
    assert come(results="").reason == "The secret in the recipient's address is none of this profile's."
    assert come(results="", to=f"Orders <orders+{secret.upper()}@vendor.example>").state == "taken"
    assert secret not in str(OrderMailProfile.objects.values())
    assert Purchase.objects.count() == 1


def test_a_profile_that_is_off_reads_nothing():
    OrderMailProfile.objects.update(is_on=False)
    assert come().reason == "Nobody here expects such a mail."


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Hello", "The order reference is not found."),
        (ORDER_TEXT.replace("NB-2", ""), "The product code is not found, or more than 100 times."),
        (ORDER_TEXT.replace("Alice@example.com", "nobody"), "$.data.buyer.email breaks the rule 'format'"),
        (ORDER_TEXT.replace("Quantity: 2", "Quantity: -2"), "The quantity is not a whole number from 1 to 10000."),
        (ORDER_TEXT.replace("Quantity: 2", "Quantity: 99999999"), "The quantity is not a whole number from 1 to 10000."),
        (ORDER_TEXT.replace("01/02/2026", "01/02/2099"), "The date is a date before 1990 or one to come."),
        (ORDER_TEXT.replace("01/02/2026", "yesterday"), "The date is no date of the form %m/%d/%Y."),
        (ORDER_TEXT + "Currency: Taler\n", "The currency is not the three letters of a currency."),
        (ORDER_TEXT + "Product code: MORE\n", "product_name is found 1 times, and the product code 2 times."),
    ],
)
def test_what_cannot_be_read_is_kept_with_the_reason(text, reason):
    row = come(text)
    assert row.state == "quarantined"
    assert reason in row.reason
    assert row.mail, "and the mail itself, until staff decide"
    assert not WebhookEvent.objects.exists()


def test_several_lines_are_read_side_by_side(mailer):
    more = "Product code: MAILER\nProduct: Mailer\nQuantity: 1\nPrice: 5.00\n"
    come(ORDER_TEXT + more)
    items = Purchase.objects.get().items.order_by("line_number")
    assert [(item.product_code, item.quantity) for item in items] == [("NB-2", 2), ("MAILER", 1)]


def test_a_mail_without_a_number_gets_one_of_our_own():
    change(numbers_itself=True)
    come(ORDER_TEXT.replace("Order number: R-1001\n", ""))
    assert Purchase.objects.get().order_reference.startswith("mail-")


def test_a_mail_in_html_alone_is_read():
    mail = letter("x")
    rows = "".join(
        f"<tr><td>{line.partition(':')[0]}:</td><td>{line.partition(':')[2]}</td></tr>" for line in ORDER_TEXT.splitlines() if ":" in line
    )
    mail.set_content(f"<html><style>td {{}}</style><table>{rows}</table><script>1</script></html>", subtype="html")
    take_in(mail.as_bytes())
    fulfil_due_events()
    assert Purchase.objects.get().company == "Archer & Daughters"


@pytest.mark.parametrize(("charset", "encoding"), [("iso-8859-1", "8bit"), ("utf-8", "base64"), ("windows-1252", "quoted-printable")])
def test_names_come_in_whatever_characters(charset, encoding):
    mail = letter("x", subject="Order Grüße")
    mail.set_content(ORDER_TEXT.replace("Alice Archer", "Jürgen Müßig"), charset=charset, cte=encoding)
    take_in(mail.as_bytes())
    fulfil_due_events()
    assert Purchase.objects.get().name == "Jürgen Müßig"


def test_an_unknown_code_waits_as_it_does_with_forms():
    come(ORDER_TEXT.replace("NB-2", "NB-9"))
    assert WebhookEvent.objects.get().unknown_code == "NB-9"


@pytest.mark.parametrize("number", [CARD, CARD.replace(" ", ""), CARD.replace(" ", "-"), "GB82 WEST 1234 5698 7654 32"])
@pytest.mark.parametrize(
    "place",
    [
        lambda number: letter(ORDER_TEXT + f"Paid with {number}\n"),
        lambda number: letter(ORDER_TEXT.replace("12 Quay Street", number)),
        lambda number: letter(f"nothing of ours {number}"),
        lambda number: letter(subject=f"Order {number}"),
        lambda number: letter(sender=f"{number} <orders@regsoft.example>"),
        lambda number: letter(sender="stranger@example.net", subject=number),
        lambda number: letter(number=f"<{number.replace(' ', '')}@regsoft.example>"),
        lambda number: letter(to=f"{number} <orders@vendor.example>"),
        lambda number: with_html(letter(), number),
        lambda number: in_base64(number),
    ],
)
def test_g05_a_card_number_in_a_mail_is_nowhere(own_disk, caplog, place, number):
    caplog.set_level(logging.DEBUG)
    take_in(place(number).as_bytes())
    fulfil_due_events()
    kept = everything_kept(own_disk, caplog) + "".join(str(row.mail) for row in IncomingMail.objects.all()).replace(" ", "").replace(
        "-", ""
    )
    assert number.replace(" ", "").replace("-", "") not in kept
    assert CARD.replace(" ", "") not in kept


def with_html(mail, number):
    mail.add_alternative(f"<p>Card {number}</p>", subtype="html")
    mail.add_attachment(number.encode(), maintype="text", subtype="plain", filename=f"{number}.txt")
    return mail


def in_base64(number):
    mail = letter("x")
    mail.set_content(ORDER_TEXT + f"\n{number}\n", cte="base64")
    return mail


def test_g05_what_stands_behind_the_name_of_a_payment_detail_is_gone():
    come("Hello\nCard type: Visa\nCard expires: 12/27\nOrder: 5\n", sender="stranger@example.net")
    text = IncomingMail.objects.get().mail.text
    assert "Visa" not in text
    assert "12/27" not in text
    assert "Order: 5" in text


@some_forms
@given(
    changes=st.dictionaries(st.sampled_from(sorted(set(ORDER_TEXT.split()))), st.text(max_size=20), max_size=5), tail=st.text(max_size=50)
)
def test_any_text_is_taken_or_kept_for_staff(db, profiles, changes, tail):
    text = ORDER_TEXT + tail
    for word, instead in changes.items():
        text = text.replace(word, instead)
    raw = letter("x").as_bytes().replace(b"\nx\n", b"\n" + text.encode("utf-8", "surrogatepass"))
    row = take_in(raw)
    fulfil_due_events()
    row.refresh_from_db()
    assert row.state in ("taken", "quarantined")
    assert "broke" not in row.reason
    assert not WebhookEvent.objects.filter(failures__gt=0).exists()


def test_profiles_to_begin_with_are_off_and_say_what_they_are(client: Client):
    OrderMailProfile.objects.all().delete()
    FormProfile.objects.all().delete()
    assert add_illustrative_profiles() == 6
    assert add_illustrative_profiles() == 0
    for made in [*OrderMailProfile.objects.all(), *FormProfile.objects.all()]:
        made.full_clean()
        assert not made.is_on
        assert made.note.startswith("Illustrative: format not published.")
