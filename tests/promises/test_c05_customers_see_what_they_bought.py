"""C5: each customer sees what their purchases entitle them to, and how many downloads remain; nobody sees another's."""

import re

import pytest
from django.test import Client

from accounts.models import User
from downloads import cards
from downloads.models import Edition
from purchases.tasks import fulfil_due_events
from tests import cast
from tests.customer import log_in
from tests.pages import words_of
from tests.purchases.partner_side import BUYER, SECRET, line, post, purchase, reversal

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def open_endpoint(settings):
    settings.PARTNERS = settings.PARTNERS | {"standard-webhooks": settings.PARTNERS["standard-webhooks"] | {"secrets": [SECRET]}}
    settings.CELERY_BROKER_URL = ""


def buy(order: str, *lines: dict, email: str = "alice@example.com") -> User:
    """The partner reports a purchase; the buyer has chosen a password."""
    tell(purchase(order, list(lines), buyer=BUYER | {"email": email}))
    user = User.objects.get_by_natural_key(email)
    user.set_password(cast.PASSWORD)
    user.save(update_fields=["password"])
    return user


def tell(payload: dict) -> None:
    assert post(Client(), payload).status_code == 200
    fulfil_due_events()


def shelf(client: Client) -> dict[str, int]:
    """What the page of downloads says: each product, and how many downloads remain."""
    html = client.get("/resources/").content.decode()
    cards = [words_of(card) for card in html.split('<section class="card">')[1:]]
    found = [re.match(r"(\w+) (?:× \d+ )?(\d+) downloads? remaining", card) for card in cards]
    assert all(found), cards
    return {match[1]: int(match[2]) for match in found if match}


def press(client: Client, name: str) -> int:
    """Press the Download button of the file as it stands on the page."""
    html = client.get("/resources/").content.decode()
    card = next(card for card in html.split('<section class="card">')[1:] if name in card)
    button = re.search(rf'formaction="([^"]+)"\s+name="file"\s+value="(\d+)"\s+aria-label="Download {re.escape(name)}"', card)
    assert button
    return client.post(button[1], {"file": button[2]}).status_code


def test_c05_every_purchase_adds_to_what_its_own_buyer_sees(notebook, notebook_file, mailer):
    cast.make_file(mailer)
    alice = buy("A-1", line(1, "NOTEBOOK"))
    bob = buy("B-1", line(1, "MAILER", quantity=2), email="bob@example.org")
    assert shelf(log_in(alice)) == {"Notebook": 5}
    assert shelf(log_in(bob)) == {"Mailer": 10}
    buy("A-2", line(1, "MAILER"))
    assert shelf(log_in(alice)) == {"Notebook": 5, "Mailer": 5}
    assert shelf(log_in(bob)) == {"Mailer": 10}


def test_c05_the_page_shows_codes_files_and_nothing_of_others(notebook, notebook_file, mailer):
    alice, bob = buy("A-1", line(1, "NOTEBOOK", quantity=2)), buy("B-1", line(1, "NOTEBOOK"), email="bob@example.org")
    for reader, other in ((alice, bob), (bob, alice)):
        page = log_in(reader).get("/resources/").content.decode()
        for code in reader.entitlements.get().unlock_codes.all():
            assert code.code in page
        for code in other.entitlements.get().unlock_codes.all():
            assert code.code not in page
        assert other.email not in page
        assert "notebook-1.0.zip" in page
        assert "Mailer" not in page


def test_c05_the_number_falls_with_each_download_down_to_nothing(notebook, notebook_file):
    client = log_in(buy("A-1", line(1, "NOTEBOOK")))
    for number, left in ((1, 4), (2, 3), (3, 2), (4, 1), (5, 0)):
        name = f"notebook-1.0-{number}.zip"
        cast.make_file(notebook, "1.0", name=name)
        cards.kept.clear()  # half a minute has passed
        assert press(client, name) == 303
        assert shelf(client) == {"Notebook": left}
    assert press(client, "notebook-1.0.zip") == 403
    page = words_of(client.get("/resources/").content.decode())
    assert "All downloads are used." in page
    assert shelf(client) == {"Notebook": 0}


def test_c05_another_purchase_of_the_same_product_has_downloads_of_its_own(notebook, notebook_file):
    alice = buy("A-1", line(1, "NOTEBOOK"))
    client = log_in(alice)
    press(client, "notebook-1.0.zip")
    buy("A-2", line(1, "NOTEBOOK", quantity=3))
    remaining = sorted(entitlement.remaining for entitlement in alice.entitlements.all())
    assert remaining == [4, 15]
    page = words_of(log_in(alice).get("/resources/").content.decode())
    assert "4 downloads remaining" in page
    assert "15 downloads remaining" in page


def test_c05_a_refund_takes_away_what_it_gave(notebook, notebook_file, mailer):
    cast.make_file(mailer)
    alice = buy("A-1", line(1, "NOTEBOOK"), line(2, "MAILER"))
    client = log_in(alice)
    tell(reversal("refunded", "A-1", lines=[{"line_number": 1}]))
    assert shelf(client) == {"Notebook": 0, "Mailer": 5}
    page = client.get("/resources/").content.decode()
    assert "was refunded" in page
    assert "notebook-1.0.zip" not in page
    for code in alice.entitlements.get(product=notebook).unlock_codes.all():
        assert code.code not in page


def test_c05_updates_come_to_whoever_has_the_product(notebook, notebook_file):
    client = log_in(buy("A-1", line(1, "NOTEBOOK")))
    cast.make_file(notebook, "2.0")
    assert press(client, "notebook-2.0.zip") == 303
    assert shelf(client) == {"Notebook": 4}


def test_c05_a_later_edit_of_the_catalogue_takes_nothing_from_who_bought(notebook, notebook_file):
    """Another period, another price of downloads, a new edition: what was bought stays what it was."""
    client = log_in(buy("A-1", line(1, "NOTEBOOK")))
    notebook.upgrade_months, notebook.downloads_per_unit = 0, 1
    notebook.save()
    Edition.objects.create(product=notebook, code="N-P", name="Professional")
    cast.make_file(notebook, "2.0", name="notebook-2.0.zip")
    assert press(client, "notebook-2.0.zip") == 303
    assert shelf(client) == {"Notebook": 4}


def test_c05_a_withdrawn_release_says_why_to_those_who_had_it(notebook, notebook_file):
    alice = buy("A-1", line(1, "NOTEBOOK"))
    client = log_in(alice)
    notebook_file.release.withdraw("It does not start on Tuesdays.")
    page = words_of(client.get(f"/resources/products/{alice.entitlements.get().pk}/").content.decode())
    assert "We withdrew this version" in page
    assert "It does not start on Tuesdays." in page
    assert "notebook-1.0.zip" not in page


def test_c05_staff_may_allow_more_and_the_customer_sees_it(notebook, notebook_file):
    alice = buy("A-1", line(1, "NOTEBOOK"))
    alice.entitlements.get().allow_more(2)
    assert shelf(log_in(alice)) == {"Notebook": 7}


def test_c05_whoever_bought_nothing_sees_nothing(mallory, notebook, notebook_file):
    buy("A-1", line(1, "NOTEBOOK"))
    client = log_in(mallory)
    assert shelf(client) == {}
    assert "Nothing here yet" in client.get("/resources/").content.decode()
