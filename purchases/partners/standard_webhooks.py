"""The site's own format: a purchase as JSON (docs/purchase.schema.json), signed as Standard Webhooks says.

Source: the specification at https://www.standardwebhooks.com/ — `webhook-id`, `webhook-timestamp` and `webhook-signature`,
HMAC-SHA256 in base64 over `{id}.{timestamp}.{body}`, several secrets and several signatures at once, 300 seconds either way.
"""

import base64
import binascii
import hashlib
import hmac
import re
import time
from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _

from privacy.card_data import TooDeep, without_card_data
from purchases.partners import own_format
from purchases.partners.base import Capabilities, Event, Notice, Notification, Partner, Received, Refused
from purchases.partners.checkouts import CONTACT_PARTS, OWN_ADDRESS, Checkout, Ground, Method

TOLERANCE_SECONDS = 300
SHORTEST_KEY = 24
LONGEST_ID = 200


class StandardWebhooks(Partner):
    slug = "standard-webhooks"
    name = "Standard Webhooks"
    capabilities = Capabilities(
        signature=_("HMAC-SHA256 over number, time and body"),
        refund=_("whole orders, lines, units; chargebacks and their reversal"),
        renewal=_("yes, by the first order's reference"),
    )
    checkout = Checkout(
        address="{store}",
        ground=Ground.DOCUMENTED,
        source="docs/hand-over.md: the site's own format",
        method=Method.POST,
        code_shape=r"[A-Za-z0-9._-]{1,100}",
        code_means=_("what your checkout calls the product"),
        variable="STANDARD_WEBHOOKS_CHECKOUT_URL",
        store_shape=OWN_ADDRESS,
        product="product_code",
        quantity="quantity",
        option="option",
        contact={part: part for part in CONTACT_PARTS if part not in ("first_name", "last_name")},
    )

    def problems(self, secrets: Sequence[str]) -> list[str]:
        return [
            f"STANDARD_WEBHOOKS_SECRETS: secret number {number} is not whsec_ and the base64 of {SHORTEST_KEY} bytes or more."
            for number, secret in enumerate(secrets, start=1)
            if not is_secret(secret)
        ]

    def receive(self, notice: Notice) -> Received:
        event_key = self._verified_id(notice)
        try:
            payload = without_card_data(own_format.decoded(notice.body))
            event_key = without_card_data(event_key)
        except TooDeep as error:
            raise Refused(f"The body is {error}.") from error
        if len(event_key) > LONGEST_ID:
            raise Refused(f"webhook-id is longer than {LONGEST_ID} characters once its card numbers are replaced.")
        return Received((Notification(own_format.read(payload, event_key), payload),))

    def event_of(self, payload: dict[str, Any], event_key: str, read_back: dict[str, Any] | None = None) -> Event:
        return own_format.event_of(payload, event_key)

    def _verified_id(self, notice: Notice) -> str:
        """The notification's id, if one of the secrets signed these very bytes just now."""
        event_id, timestamp, signatures = (notice.headers.get(f"webhook-{name}", "") for name in ("id", "timestamp", "signature"))
        if not (event_id and timestamp and signatures):
            raise Refused("webhook-id, webhook-timestamp or webhook-signature is missing.", 401)
        if not re.fullmatch(rf"[!-~]{{1,{LONGEST_ID}}}", event_id):
            raise Refused(f"webhook-id is longer than {LONGEST_ID} characters or not printable ASCII.")
        if not re.fullmatch(r"[0-9]{1,12}", timestamp):
            raise Refused("webhook-timestamp is not a number of seconds.")
        if abs(time.time() - int(timestamp)) > TOLERANCE_SECONDS:
            raise Refused(
                f"webhook-timestamp is more than {TOLERANCE_SECONDS} seconds away from this machine's clock. Is the clock right?", 401
            )
        signed = f"{event_id}.{timestamp}.".encode() + notice.body
        if not any_matches([signature(secret, signed) for secret in self.secrets], signatures.split(" ")):
            raise Refused("No signature in webhook-signature is by one of STANDARD_WEBHOOKS_SECRETS.", 401)
        return event_id


def key_of(secret: str) -> bytes:
    return base64.b64decode(secret.removeprefix("whsec_"), validate=True)


def is_secret(secret: str) -> bool:
    try:
        return len(key_of(secret)) >= SHORTEST_KEY
    except (binascii.Error, ValueError):
        return False


def signature(secret: str, signed: bytes) -> str:
    """The signature by one secret, as it stands in the header."""
    return "v1," + base64.b64encode(hmac.digest(key_of(secret), signed, hashlib.sha256)).decode()


def any_matches(expected: list[str], offered: list[str]) -> bool:
    """Whether one is among the other; every pair is compared, in constant time."""
    matches = [hmac.compare_digest(ours.encode(), theirs.encode()) for ours in expected for theirs in offered]
    return any(matches)
