"""What partners share that send JSON under a header of a time and signatures, as in `t=1700000000,v1=5257a8…` (Stripe, Paddle).

Each signature is the hex HMAC-SHA256 of the time, a sign and the raw body. Several secrets and several signatures may count at once.
"""

import hashlib
import hmac
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass

from purchases.partners.base import Notice, Refused


@dataclass(frozen=True)
class Scheme:
    """How a partner writes its header: `separator` stands between its parts, `joint` between time and body in what is signed."""

    header: str
    time_name: str
    signature_name: str
    separator: str
    joint: str

    def signer(self, notice: Notice, secrets: Sequence[str], tolerance: float) -> str:
        """The secret that signed these very bytes within `tolerance` seconds of now; Refused if none did.

        A time that is still to come is refused as well: whoever can ask for signatures in advance shall not be able to store them.
        """
        header = notice.headers.get(self.header, "")
        if not header:
            raise Refused(f"{self.header} is missing.", 401)
        timestamp, offered = self.parsed(header)
        if abs(time.time() - int(timestamp)) > tolerance:
            raise Refused(
                f"The time in {self.header} is more than {tolerance:g} seconds away from this machine's clock. Is the clock right?", 401
            )
        signed = f"{timestamp}{self.joint}".encode() + notice.body
        matching = [secret for secret in secrets if is_among(signature(secret, signed), offered)]
        if not matching:
            raise Refused(f"No signature in {self.header} is by one of the secrets.", 401)
        return matching[0]

    def parsed(self, header: str) -> tuple[str, list[str]]:
        """The time and the signatures; parts of other names are of versions that do not count."""
        pairs = [part.strip().partition("=") for part in header.split(self.separator)]
        times = [value for name, _is, value in pairs if name == self.time_name]
        offered = [value for name, _is, value in pairs if name == self.signature_name]
        if len(times) != 1 or not re.fullmatch(r"[0-9]{1,12}", times[0]):
            raise Refused(f"{self.header} does not say once when it was signed, in seconds.")
        if not offered:
            raise Refused(f"{self.header} has no {self.signature_name}.")
        return times[0], offered


def signature(secret: str, signed: bytes) -> str:
    return hmac.digest(secret.encode(), signed, hashlib.sha256).hex()


def is_among(expected: str, offered: Sequence[str]) -> bool:
    """Whether one of them is the expected one; each is compared, in constant time."""
    matches = [hmac.compare_digest(expected.encode(), theirs.encode(errors="replace")) for theirs in offered]
    return any(matches)


def check_digest(offered: str, header: str, expected: Sequence[str], variable: str) -> None:
    """Refused unless what the header offers is the expected signature by one of the secrets of this variable."""
    if not offered:
        raise Refused(f"{header} is missing.", 401)
    matches = [is_among(ours, [offered]) for ours in expected]
    if not any(matches):
        raise Refused(f"{header} is by none of {variable}.", 401)
