"""What stands in the addresses and headers of an announcement, and names its delivery: each with a short keyed check, so that nobody can make up
bounces of mails that never went out. Small letters and digits alone, for mail servers may change the case of an address.
"""

import re
from hmac import compare_digest, digest

from django.conf import settings

CHECK = 12  # hexadecimal digits: 48 bits, and each guess is a mail
TOKEN = re.compile(r"(\d{1,18})-([0-9a-f]{12})", re.ASCII)


def check_of(text: str, key: str | None = None) -> str:
    """The first CHECK digits of a keyed digest of what stands before it."""
    return digest(f"announcements:{key or settings.SECRET_KEY}".encode(), text.encode(), "sha256").hex()[:CHECK]


def verp_token(delivery_id: int) -> str:
    """What follows `bounce+` in the sender's address of a delivery, such as `4711-0f3a9c2b77de`."""
    return f"{delivery_id}-{check_of(f'bounce:{delivery_id}')}"


def delivery_of(token: str) -> int | None:
    """The delivery that a token names; None if this site did not make it. Those made with an earlier SECRET_KEY are read while it is listed."""
    found = TOKEN.fullmatch(token.lower())
    if not found:
        return None
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    is_ours = any(compare_digest(found[2], check_of(f"bounce:{int(found[1])}", key)) for key in keys)
    return int(found[1]) if is_ours else None


def message_id(announcement_id: int, delivery_id: int) -> str:
    """The same for the same delivery each time, so that the relay's log can tell what became of an unknown one."""
    name = f"{announcement_id}.{delivery_id}"
    return f"<{name}.{check_of(f'message:{name}')}@{settings.MAIL_DOMAIN}>"
