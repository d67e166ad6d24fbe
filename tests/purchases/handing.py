"""What somebody does who buys: offers to choose from, the way to the page that shows what goes, and what arrives at the partner."""

import re
from html import unescape
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from django.http import HttpResponse
from django.test import Client

from downloads.models import Product
from purchases.models import Offer
from tests.pages import Tags

BUY = "/buy/notebook/"
STORES = {
    "bluesnap": "8170",
    "swreg": "46994",
    "regsoft": "https://regsoft.example/purchase",
    "emetrix": "https://emetrix.example/order",
    "paddle": "hsc_01abc_x",
    "fastspring": "vendor",
    "lemonsqueezy": "vendor",
    "gumroad": "vendor",
    "standard-webhooks": "https://shop.example/order",
}
CODES = {
    "plimus": "2918496",
    "bluesnap": "1858868",
    "swreg": "46994TESTPROD",
    "shareit": "300278815",
    "regsoft": "58390",
    "emetrix": "9411326",
    "stripe": "test_abc123",
    "paddle": "pri_01h1vjg3sqjj1y9tvazkdqe5vt",
    "fastspring": "checkout/notebook",
    "lemonsqueezy": "d1f120fd-5adc-4fff-8915-cce713d29427",
    "gumroad": "notebook",
    "standard-webhooks": "NOTEBOOK",
}


def make_offer(product: Product, partner: str = "standard-webhooks", **facts: Any) -> Offer:
    return Offer.objects.create(**{"partner": partner, "product": product, "code": CODES[partner], "is_on_sale": True} | facts)


def form(offer: Offer, quantity: Any = 1, **typed: str) -> dict[str, Any]:
    return {"offer": offer.pk, "quantity": quantity, "step": "review"} | typed


def review(client: Client, offer: Offer, quantity: Any = 1, path: str = BUY, **typed: str) -> HttpResponse:
    """The page that shows what would go."""
    answer = client.post(path, form(offer, quantity, **typed))
    assert answer.status_code == 200
    assert 'id="sent"' in answer.content.decode(), answer.content.decode()
    return answer


def go(client: Client, reviewed: HttpResponse, path: str = BUY, **changes: Any) -> HttpResponse:
    """Press the button of that page, with its own hidden fields."""
    return client.post(path, Tags(main_of(reviewed)).fields() | {"step": "go"} | changes)


def main_of(answer: HttpResponse) -> str:
    return answer.content.decode().partition("<main")[2].partition("</main>")[0]


def shown(reviewed: HttpResponse) -> list[tuple[str, str]]:
    """The names and values of the table, exactly as the page has them; what stands in the address itself has no name."""
    table = main_of(reviewed).partition('id="sent"')[2].partition("</table>")[0]
    rows = re.findall(r'<span class="value">(.*?)</span>.*?<td[^>]*>\s*(?:<code>(.*?)</code>|[^<]*)\s*</td>', table, re.DOTALL)
    return [(unescape(name), unescape(value)) for value, name in rows if name]


def address_shown(reviewed: HttpResponse) -> str:
    found = re.search(r'<code id="address">(.*?)</code>', main_of(reviewed), re.DOTALL)
    assert found
    return unescape(found[1])


def arrived(answer: HttpResponse) -> tuple[str, list[tuple[str, str]]]:
    """What the partner gets: the address without its query, and the names and values in order, by redirect or by form."""
    if answer.status_code == 303:
        parts = urlsplit(answer["Location"])
        assert not parts.fragment
        return f"{parts.scheme}://{parts.netloc}{parts.path}", parse_qsl(
            parts.query, keep_blank_values=True, strict_parsing=bool(parts.query)
        )
    assert answer.status_code == 200
    _before, marked, inside = main_of(answer).partition('<form id="hand-over"')
    (_form, target), *fields = Tags((marked + inside).partition("</form>")[0]).found
    assert target["method"] == "post"
    return target["action"], [(attributes["name"], attributes["value"]) for tag, attributes in fields if tag == "input"]


def directive(answer: HttpResponse, name: str) -> list[str]:
    """What one directive of the content security policy admits."""
    for part in answer["Content-Security-Policy"].split(";"):
        words = part.split()
        if words[:1] == [name]:
            return words[1:]
    return []
