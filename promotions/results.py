"""What a confirmed registration gave, for whoever proved the mailbox."""

from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from accounts.holds import is_held
from accounts.passwords import set_password_url
from downloads.models import UnlockCode
from promotions.models import Redemption

CODES_SHOWN = 20
SHOWN_FOR = timedelta(days=3)
"""As long as a set-password link works: what a link in an old mail opens is the log-in page."""


@dataclass(frozen=True)
class Result:
    """The address as it is shown, the first unlock codes, where to choose a password ("" if there is one, or if it is too late), and whether
    announcements go there."""

    address: str
    codes: list[UnlockCode]
    has_more_codes: bool
    set_password_url: str
    gets_announcements: bool


def result_of(confirmed: Redemption) -> Result:
    """Nothing but the address, once it is too late, the account has another address, or is on hold: then the log-in decides."""
    user = confirmed.user
    is_late = confirmed.confirmed_at is None or timezone.now() - confirmed.confirmed_at > SHOWN_FOR
    if user is None or is_late or user.email_key != confirmed.email_key or is_held(user.pk):
        return Result(confirmed.email, [], False, "", False)
    mine = UnlockCode.objects.valid().filter(entitlement__redemption_item__redemption=confirmed)
    codes = list(mine.select_related("entitlement__product", "entitlement__edition").order_by("pk")[: CODES_SHOWN + 1])
    password = "" if user.has_usable_password() else set_password_url(user)
    return Result(confirmed.email, codes[:CODES_SHOWN], len(codes) > CODES_SHOWN, password, user.opted_out_at is None)
