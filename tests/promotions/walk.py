"""What a visitor does to register, through real requests."""

import re

from django.http import HttpResponse
from django.test import Client

from downloads.models import Product
from mailroom.models import OutgoingMail
from promotions import code_format
from promotions.models import CodeBatch, PromoCode, Promotion

EMAIL = "Alice@example.com"
LANDING = "/promotions/spring/"
REGISTER, MAIL, DONE = f"{LANDING}register/", f"{LANDING}mail/", f"{LANDING}done/"


def make_promotion(product: Product) -> Promotion:
    """A running promotion that gives one of the product, without a code."""
    promotion = Promotion.objects.create(title="Spring offer", slug="spring", is_published=True, summary="A Notebook for nothing.")
    promotion.grants.create(product=product)
    return promotion


def make_shared(promotion: Promotion, code: str = "WELCOME26") -> PromoCode:
    """A word that opens the promotion to everybody."""
    batch = CodeBatch.objects.create(promotion=promotion, tag="ALL", is_shared=True, state="ready")
    return batch.codes.create(code=code, digest=code_format.digest_of(code_format.normalised(code)), uses=None)


def enter(client: Client, code: str = "WELCOME26", slug: str = "spring") -> HttpResponse:
    """Step one."""
    return client.post(f"/promotions/{slug}/", {"code": code})


def register(client: Client, code: str = "WELCOME26", email: str = EMAIL, slug: str = "spring", **more: str) -> HttpResponse:
    """Both steps."""
    assert enter(client, code, slug).status_code == 302
    return client.post(f"/promotions/{slug}/register/", {"email": email} | more)


def latest_mail(address: str = EMAIL) -> str:
    return OutgoingMail.objects.filter(to__iexact=address).latest("pk").text


def link_in(text: str) -> str:
    """The path that a mail of ours links to for the proof of the mailbox."""
    found = re.search(r"http://[^/\s]+(/promotions/\S+/confirm/\S+)", text)
    assert found, text
    return found[1]


def typed_in(text: str) -> str:
    """The code that the mail says to type."""
    found = re.search(r"^    ([0-9A-Z]{4}-[0-9A-Z]{4})$", text, re.MULTILINE)
    assert found, text
    return found[1]


def confirm(address: str = EMAIL, client: Client | None = None) -> HttpResponse:
    """Press the button behind the link of the latest mail; on another device, if none is named."""
    return (client or Client()).post(link_in(latest_mail(address)), follow=True)


def come_by_promotion(address: str = EMAIL, code: str = "WELCOME26", **more: str) -> HttpResponse:
    """Register and confirm, as one does."""
    client = Client()
    assert register(client, code, address, **more)["Location"] == MAIL
    return client.post(MAIL, {"typed": typed_in(latest_mail(address))}, follow=True)
