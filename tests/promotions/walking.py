"""What visitors and time do, for the tests of monitoring."""

import re
from datetime import datetime, timedelta

from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from accounts.addresses import address_key
from accounts.models import MisuseFinding
from accounts.tasks import detect_misuse
from mailroom.models import OutgoingMail
from promotions import code_format
from promotions.models import CodeBatch, PromoCode, Promotion, Redemption
from promotions.people import abuse_key, is_disposable
from promotions.tasks import watch_promotions


def enter(code: str, ip: str = "198.51.100.1", client: Client | None = None) -> HttpResponse:
    return (client or Client(REMOTE_ADDR=ip)).post("/promotions/spring/", {"code": code})


def register(code: str, email: str, ip: str = "198.51.100.1", **more: str) -> HttpResponse:
    client = Client(REMOTE_ADDR=ip)
    assert enter(code, client=client).status_code == 302
    return client.post("/promotions/spring/register/", {"email": email, **more})


def confirm(email: str) -> Redemption:
    """The latest mail to this address is read, and its button pressed."""
    mail = OutgoingMail.objects.filter(to=email).latest("pk")
    link = re.search(r"http://[^/\s]+(/promotions/spring/confirm/\S+)", mail.text)
    assert Client().post(link[1]).status_code == 302
    return Redemption.objects.get(email=email)


def registered(code: PromoCode, email: str, ip: str | None = "198.51.100.1", at: datetime | None = None, **values: object) -> Redemption:
    """A registration as a row, of any time."""
    at = at or timezone.now()
    return Redemption.objects.create(
        promotion=code.batch.promotion,
        code=code,
        email=email,
        email_key=address_key(email),
        abuse_key=abuse_key(email),
        is_disposable=is_disposable(email),
        ip=ip,
        held_at=at,
        held_until=at + timedelta(hours=1),
        policy_version="1",
        **values,
    )


def batch_of(promotion: Promotion, tag: str, size: int) -> CodeBatch:
    batch = CodeBatch.objects.create(promotion=promotion, tag=tag, label=f"Partner {tag}", size=size, state="ready")
    codes = [PromoCode(batch=batch, code=one, digest=code_format.digest_of(one)) for one in code_format.new_codes(tag, size)]
    PromoCode.objects.bulk_create(codes)
    return batch


def forged(tag: str) -> str:
    """A code with a right tag and a right check that was never made."""
    return next(code_format.new_codes(tag, 1))


def mistyped(tag: str) -> str:
    """A code whose last symbol is wrong."""
    right = forged(tag)
    return right[:-1] + ("0" if right[-1] != "0" else "1")


def found() -> dict[str, tuple[str, int]]:
    """What both sweeps found that is open: by detector, of what, and how strong."""
    detect_misuse()
    watch_promotions()
    return {one.detector: (one.subject, one.score) for one in MisuseFinding.objects.filter(state="open")}
