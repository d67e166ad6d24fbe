"""`manage.py demo_purchase`: play the partner. Posts a signed purchase to the running site, over HTTP, as a partner does."""

import json
import secrets
import time
from dataclasses import dataclass
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import CommandError, CommandParser
from django.core.validators import URLValidator, validate_email
from django.utils import timezone

from downloads.models import Edition, Product
from infacta.commands import DONE, WRONG, SiteCommand, Unusable
from purchases.partners.base import MOST_UNITS
from purchases.partners.standard_webhooks import signature

TIMEOUT_SECONDS = 30


class Command(SiteCommand):
    help = (
        "Post a signed purchase to the running site, as a partner does (docs/partners.md). It is for trying the site out: what it posts is fulfilled "
        "like any other purchase, mail included. With --dry-run it shows what it would post."
    )
    examples = ("--email you@example.com", "--email you@example.com --product ATLAS --quantity 2", "--email you@example.com --dry-run")
    statuses = {DONE: "the site has kept the notification", WRONG: "the site did not answer, or refused it"}
    subject = "Development"
    changes = "through the site: a notification, and what its worker makes of it"
    run_by = "a developer, by hand (make demo)"

    def add_arguments(self, parser: CommandParser) -> None:
        self.add_dry_run(parser, "post nothing, and show what would be posted")
        parser.add_argument("--email", required=True, help="who buys")
        parser.add_argument("--name", default="Demo Customer", help="the buyer's name")
        parser.add_argument("--product", default="", help="the code of a product or of an edition; without it, the first product")
        parser.add_argument("--quantity", type=int, default=1, help="how many units (1)")
        parser.add_argument("--order", default="", help="the order reference; without it, a new one")
        parser.add_argument("--url", default="http://localhost:8000", help="where the site runs (http://localhost:8000)")

    def handle(self, *args: Any, **options: Any) -> None:
        secret = first_secret()
        check(options)
        bought = bought_by(options["product"])
        order = options["order"] or f"DEMO-{secrets.token_hex(4).upper()}"
        body = purchase_of(order, bought, options)
        self.say(f"Order {order}: {options['quantity']} × {bought.title} for {options['email']}")
        self.say(body.decode())
        if options["dry_run"]:
            self.say(f"This would be posted to {options['url'].rstrip('/')}. Nothing was changed.")
            return
        status = post(f"{options['url'].rstrip('/')}/partners/standard-webhooks/notify/", body, secret)
        self.say(self.style.SUCCESS(f"The site answered {status}: the notification is kept, and its worker fulfils it now."))
        self.say(next_step(options["url"].rstrip("/")))


def first_secret() -> str:
    configured = settings.PARTNERS["standard-webhooks"]["secrets"]
    if not configured:
        raise Unusable("STANDARD_WEBHOOKS_SECRETS is not set, so there is nothing to sign with. docs/partners.md says how to make one.")
    return configured[0]


def check(options: dict[str, Any]) -> None:
    """Say what is wrong before anything is sent."""
    try:
        validate_email(options["email"])
    except ValidationError as error:
        raise Unusable(f"{options['email']!r} is not an e-mail address.") from error
    if not 1 <= options["quantity"] <= MOST_UNITS:
        raise Unusable(f"--quantity must be between 1 and {MOST_UNITS}.")
    try:
        URLValidator(schemes=["http", "https"])(options["url"])
    except ValidationError as error:
        raise Unusable(f"--url is {options['url']!r}; it must be an address like http://localhost:8000.") from error


@dataclass(frozen=True)
class Bought:
    """What the partner sells, by our own code of it."""

    code: str
    title: str


def bought_by(code: str) -> Bought:
    """The product or edition of this code; with "", the first product. Unusable names the codes there are."""
    products, editions = Product.objects.order_by("position", "pk"), Edition.objects.select_related("product")
    if product := products.filter(code=code).first() if code else products.first():
        return Bought(product.code, product.name)
    if edition := editions.filter(code=code).first():
        return Bought(edition.code, f"{edition.product.name} {edition.name}")
    codes = [*products.values_list("code", flat=True), *editions.values_list("code", flat=True)]
    known = ", ".join(codes) or "none yet; add one in the staff area"
    raise Unusable(f"There is no product {code!r}. Known codes: {known}." if code else f"There is no product to buy. Known codes: {known}.")


def purchase_of(order: str, bought: Bought, options: dict[str, Any]) -> bytes:
    now = timezone.now().isoformat(timespec="seconds")
    data = {
        "order_reference": order,
        "purchased_at": now,
        "buyer": {"email": options["email"], "name": options["name"]},
        "lines": [{"line_number": 1, "product_code": bought.code, "product_name": bought.title, "quantity": options["quantity"]}],
    }
    return json.dumps({"type": "purchase.completed", "timestamp": now, "data": data}, indent=2, ensure_ascii=False).encode()


def post(address: str, body: bytes, secret: str) -> int:
    """Sign and post; CommandError says what to do about whatever goes wrong."""
    event_id, timestamp = f"msg_{secrets.token_hex(16)}", str(int(time.time()))
    headers = {
        "Content-Type": "application/json",
        "webhook-id": event_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": signature(secret, f"{event_id}.{timestamp}.".encode() + body),
    }
    try:
        with urlopen(Request(address, body, headers), timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310 (check() admits http alone)
            return answer.status
    except HTTPError as error:
        raise CommandError(f"{address} answered {error.code}: {REASONS.get(error.code, 'its log says why.')}") from error
    except (URLError, OSError) as error:
        raise CommandError(
            f"Nothing answers at {address}. Start the site with 'make run', or name its port: make demo … PORT=8001."
        ) from error


REASONS = {
    400: "the body breaks the schema; the site's log says where.",
    401: "the signature is not believed. Do both run with the same STANDARD_WEBHOOKS_SECRETS, and do the clocks agree?",
    404: "that site has no STANDARD_WEBHOOKS_SECRETS, so its endpoint is closed.",
}


def next_step(url: str) -> str:
    if settings.DEVELOPMENT and not settings.EMAIL_URL:
        return f"Next: open the mail at {url}/development/mail/ and download; a new customer sets a password by its link first."
    return "Next: open the mail and download; a new customer sets a password by its link first."
