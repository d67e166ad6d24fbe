"""How a registration's mailbox is proved: a link that works on every device, and a code to type where it was begun.

Both are made from the registration's random key, so that nothing secret lies in the database.
"""

from django.core.signing import BadSignature, Signer
from django.urls import reverse
from django.utils.crypto import constant_time_compare, salted_hmac

from downloads.unlock_code_format import LOOK_ALIKES, SYMBOLS
from promotions.models import Redemption

LINKS = Signer(salt="promotions.registration.link")
TYPED_LENGTH = 8


def link_of(redemption: Redemption) -> str:
    """The path that the mail links to. It is a proof of the mailbox that needs no session, so that it works on every device."""
    return reverse("promotions:confirm_link", args=[redemption.promotion.slug, LINKS.sign(str(redemption.key)).replace(":", ".")])


def typed_code_of(redemption: Redemption) -> str:
    """What the mail says to type: eight symbols, in two groups."""
    number = int(salted_hmac("promotions.registration.typed", str(redemption.key), algorithm="sha256").hexdigest(), 16)
    symbols = ""
    for _position in range(TYPED_LENGTH):
        number, place = divmod(number, len(SYMBOLS))
        symbols += SYMBOLS[place]
    return f"{symbols[:4]}-{symbols[4:]}"


def is_typed_code(redemption: Redemption, typed: str) -> bool:
    symbols = "".join(filter(str.isalnum, typed.upper())).translate(LOOK_ALIKES)
    return constant_time_compare(symbols, typed_code_of(redemption).replace("-", ""))


def redemption_of_link(token: str) -> Redemption | None:
    """The registration that a mailed link is about; None if the link is none of ours."""
    try:
        key = LINKS.unsign(token.replace(".", ":"))
    except BadSignature:
        return None
    return Redemption.objects.select_related("promotion", "code", "user").filter(key=key).first()
