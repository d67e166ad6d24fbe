"""What the anonymous session of this browser remembers, for each promotion apart: the numbers of rows, and nothing of a person.

So two promotions in two tabs keep out of each other's way. The session begins with the first code that is accepted, and not before.
"""

import time

from django.http import HttpRequest

from accounts.addresses import address_key
from promotions.models import PromoCode, Promotion, Redemption

SEEN_FOR = 3600  # seconds in which the result of a proof is shown again


def remember_code(request: HttpRequest, code: PromoCode) -> None:
    request.session[f"promotions.code.{code.batch.promotion_id}"] = code.pk


def code_of(request: HttpRequest, promotion: Promotion) -> PromoCode | None:
    """The code that was accepted in this browser."""
    number = request.session.get(f"promotions.code.{promotion.pk}")
    return PromoCode.objects.select_related("batch").filter(pk=number, batch__promotion=promotion).first() if number else None


def remember(request: HttpRequest, redemption: Redemption) -> None:
    request.session[f"promotions.registration.{redemption.promotion_id}"] = redemption.pk


def note_asking(request: HttpRequest, code: PromoCode) -> None:
    """This browser was led on to the mail, with this code."""
    request.session[f"promotions.asked.{code.batch.promotion_id}"] = [code.pk, int(time.time())]


def has_just_asked(request: HttpRequest, code: PromoCode, begun: Redemption | None, email: str) -> bool:
    """Whether this browser asks within an hour what it asked before, such as by a second press or the back button, with the same code and address.

    The session alone decides, and nothing that has become of the registration: so the answer tells nothing of it.
    """
    number, at = request.session.get(f"promotions.asked.{code.batch.promotion_id}", [0, 0])
    is_same = begun is not None and begun.email_key == address_key(email) and number == code.pk
    return is_same and time.time() - at < Redemption.HOLD.total_seconds()


def registration_of(request: HttpRequest, promotion: Promotion) -> Redemption | None:
    """The registration that was begun in this browser."""
    number = request.session.get(f"promotions.registration.{promotion.pk}")
    return redemption(promotion, number) if number else None


def remember_proof(request: HttpRequest, redemption: Redemption) -> None:
    """Here the mailbox was proved: the session goes on under a number that nobody has seen before (ASVS 7.2.4)."""
    request.session.cycle_key()
    remember(request, redemption)
    request.session[f"promotions.proved.{redemption.promotion_id}"] = [redemption.pk, int(time.time())]


def proved_of(request: HttpRequest, promotion: Promotion) -> Redemption | None:
    """The registration whose mailbox was proved in this browser, within the last hour."""
    number, at = request.session.get(f"promotions.proved.{promotion.pk}", [0, 0])
    return redemption(promotion, number) if number and time.time() - at < SEEN_FOR else None


def redemption(promotion: Promotion, number: int) -> Redemption | None:
    return Redemption.objects.select_related("promotion", "code", "user").filter(pk=number, promotion=promotion).first()
