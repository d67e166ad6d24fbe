"""C13: no financial information is received or stored; nothing is shared beyond the immediate e-commerce partners."""

import ast
import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.apps import apps
from django.test import Client

from privacy.registry import registry
from purchases.hand_over.contents import hand_over
from purchases.models import Offer
from purchases.partners.checkouts import CHECKOUTS, origin_of
from purchases.partners.policies import POLICIES, partners
from tests.customer import log_in
from tests.pages import Tags, html_of, staff_addresses, words_of
from tests.purchases.handing import BUY, CODES, STORES, directive, form, go, main_of, make_offer, review
from tests.staff import staff_log_in

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parents[2]
OURS = ("accounts", "audit", "downloads", "infacta", "mailroom", "privacy", "purchases", "support", "website")
PAYMENT = re.compile(r"card|iban|\bbic\b|bank|cvc|cvv|payment|paypal|account_?number|sort_?code|exp(iry)?_?date|routing", re.IGNORECASE)
HARMLESS = {"discard"}
CARDS = ["4111111111111111", "4111 1111 1111 1111", "5500-0000-0000-0004", "GB82 WEST 1234 5698 7654 32"]
OUTGOING = {
    # module of Python or of a library that opens a connection: where it may be used, and to whom it leads
    "smtplib": {"mailroom/sending.py", "mailroom/smtp.py"},  # the operator's own relay: mails to the person whom they are about
    # on customers' computers, to this site alone; and the site's own pages, as an operator asks for them on the command line
    "http.client": {"support/wizard/infacta_wizard.py", "privacy/looks/visiting.py"},
    "urllib.request": {"purchases/management/commands/demo_purchase.py"},  # the demonstration, to the site itself
    "requests": set(),
    "httpx": set(),
    "aiohttp": set(),
    # inet_pton alone: how an address is written; and whether the links of an announcement answer, which is asked before anybody gets it
    "socket": {"audit/lines.py", "announcements/writing/links.py", "support/wizard/infacta_wizard.py"},  # the wizard: its computer's name
    "boto3": {"downloads/releases/object_store.py"},  # the operator's own store
    "botocore": {"downloads/releases/object_store.py"},
}


@pytest.fixture(autouse=True)
def shops(settings):
    settings.CHECKOUT_STORES = STORES
    own = settings.PARTNERS["standard-webhooks"] | {"name": "Example Shop", "policy_url": "https://shop.example/privacy"}
    settings.PARTNERS = settings.PARTNERS | {"standard-webhooks": own}


def is_of_payment(name: str) -> bool:
    return bool(PAYMENT.search(name)) and name not in HARMLESS


def test_c13_no_table_has_a_place_for_it():
    columns = [f"{model._meta.label}.{field.name}" for model in apps.get_models() for field in model._meta.concrete_fields]
    assert len(columns) > 300
    assert [column for column in columns if is_of_payment(column.partition(".")[2])] == []


def test_c13_no_form_asks_for_it(alice, ada, every_address, notebook):
    offer = make_offer(notebook)
    browser = Client()
    pages = html_of(log_in(alice), every_address) | html_of(Client(), every_address)
    pages |= {f"staff: {path}": html for path, html in html_of(staff_log_in(ada), staff_addresses()).items()}
    pages |= {"details": main_of(browser.get(BUY, {"offer": offer.pk, "quantity": 1})), "review": main_of(review(browser, offer))}
    assert len(pages) > 60
    asked = {
        (path, attributes.get("name", "") + attributes.get("autocomplete", ""))
        for path, html in pages.items()
        for tag, attributes in Tags(html).found
        if tag in ("input", "select", "textarea")
    }
    assert [(path, name) for path, name in asked if is_of_payment(name) or "cc-" in name] == []


@pytest.mark.parametrize("number", CARDS)
@pytest.mark.parametrize("name", ["name", "company", "address1", "address2", "city", "region", "country"])
def test_c13_whoever_types_it_all_the_same_is_told_and_it_goes_nowhere(client, notebook, number, name):
    answer = client.post(BUY, form(make_offer(notebook)) | {name: number})
    assert "Please give it to nobody but the partner." in words_of(main_of(answer))
    assert 'id="sent"' not in main_of(answer)


def test_c13_no_checkout_is_handed_any_of_it():
    for slug, checkout in CHECKOUTS.items():
        names = [checkout.product, checkout.quantity, checkout.option, checkout.store, *checkout.contact.values()]
        assert not [name for name in names if is_of_payment(name)], slug


def test_c13_what_goes_to_others_is_declared_and_goes_to_partners_alone():
    """The registry declares one disclosure, and its recipients are the partners of the one table."""
    (disclosure,) = registry.disclosures
    assert {recipient.slug for recipient in disclosure.recipients()} <= {*POLICIES, "standard-webhooks"}
    for declared in registry.models.values():
        for recipient in declared.recipients_now:
            assert recipient in partners(), declared.model


def imports_of(file: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def is_a_partners(path: str) -> bool:
    """A partner's own module may ask that partner's records (read-back)."""
    return path.startswith("purchases/partners/")


def test_c13_what_runs_on_customers_computers_is_no_code_of_this_site():
    for app in OURS:
        for file in (ROOT / app).rglob("*.py"):
            assert not any("infacta_wizard" in one or one.startswith("support.wizard") for one in imports_of(file)), file


def test_c13_no_code_opens_a_connection_but_to_whom_it_is_declared():
    """Mails go by Django's own transport; a partner's module may ask that partner; the rest opens nothing."""
    using: dict[str, set[str]] = {name: set() for name in OUTGOING}
    for app in OURS:
        for file in (ROOT / app).rglob("*.py"):
            path = str(file.relative_to(ROOT))
            for name in OUTGOING:
                if any(one == name or one.startswith(f"{name}.") for one in imports_of(file)) and not is_a_partners(path):
                    using[name].add(path)
    assert {name: paths - OUTGOING[name] for name, paths in using.items() if paths - OUTGOING[name]} == {}


def test_c13_every_host_in_a_page_is_our_own_or_a_partners(alice, every_address, notebook):
    make_offer(notebook)
    allowed = {urlsplit(entry.policy_url).netloc for entry in POLICIES.values()} | {"shop.example", "localhost", "testserver"}
    for client in (Client(), log_in(alice)):
        for path, html in html_of(client, [*every_address, "/privacy/", f"{BUY}?offer={Offer.objects.get().pk}&quantity=1"]).items():
            for _tag, attributes in Tags(html).found:
                for name in ("href", "src", "action", "formaction", "data", "poster", "srcset", "content"):
                    host = urlsplit(attributes.get(name, "").strip()).netloc
                    assert host.partition(":")[0] in {*allowed, ""}, (path, attributes)


def test_c13_a_browser_may_fetch_from_nowhere_else_and_send_to_the_partner_alone(client, notebook):
    """By the content security policy of the pages: of the hand-over's two alone it names another host, the partner's."""
    for slug in CODES:
        Offer.objects.all().delete()
        offer = make_offer(notebook, slug)
        first, reviewed = client.get(BUY), review(client, offer)
        last = go(client, reviewed)
        hosts = {origin_of(hand_over(offer, 1, None, {}).address), *CHECKOUTS[slug].further_hosts}
        for answer in (first, reviewed, last):
            policy = answer["Content-Security-Policy"]
            assert {word for word in policy.replace(";", " ").split() if "://" in word} <= hosts
            for name in ("script-src", "style-src", "img-src", "connect-src", "font-src", "default-src"):
                assert not [word for word in directive(answer, name) if "://" in word or word == "*"]


@pytest.mark.parametrize("path", ["/privacy/", "/privacy/resources/"])
def test_c13_the_policies_say_so(client, path):
    page = words_of(client.get(path).content.decode())
    assert "Nothing about your payment ever reaches us" in page
    assert "From us to others goes this, and nothing else:" in page
