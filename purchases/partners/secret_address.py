"""Partners that sign nothing: a secret in their address here vouches for them."""

import re
from collections.abc import Sequence

from purchases.partners.base import Partner

SECRET = r"[A-Za-z0-9_-]{24,200}"  # noqa: S105 (what a secret looks like)


class SecretAddressPartner(Partner):
    has_secret_address = True

    def problems(self, secrets: Sequence[str]) -> list[str]:
        return [
            f"{self.slug.upper()}_SECRETS: secret number {number} is not 24 or more letters, digits, - and _ (it stands in an address)."
            for number, secret in enumerate(secrets, start=1)
            if not re.fullmatch(SECRET, secret)
        ]
