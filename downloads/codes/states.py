"""What an unlock code is worth at this moment: for the online check, for staff, and for operators."""

from typing import Any

from django.db.models import TextChoices
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from downloads.models import Entitlement, Release, UnlockCode
from downloads.models.unlock_code import Revocation
from downloads.unlock_code_format import NotAnUnlockCode, blank_of, normalised
from downloads.versions import NotAVersion, key_of


class State(TextChoices):
    ACTIVE = "active", _("in force")
    ON_HOLD = "on_hold", _("the account is on hold")
    REFUNDED = "refunded", _("refunded")
    REVOKED = "revoked", _("revoked: another code was issued in its place")
    UPGRADE_ENDED = "upgrade_ended", _("in force, but not for this version")
    OTHER_PRODUCT = "other_product", _("a code of another product")
    UNKNOWN = "unknown", _("unknown")


def found(typed: str) -> UnlockCode | None:
    """The code that was typed, with its entitlement and product, and whether its account is on hold (`held`). One query, whatever was typed:
    the time it takes does not tell what a code looks like."""
    try:
        code = normalised(typed)
    except NotAnUnlockCode:
        code = ""
    codes = (
        UnlockCode.objects.filter(code__in=[code, blank_of(code)])
        .select_related("entitlement__product", "entitlement__edition")
        .with_held()
    )
    return codes.order_by("pk").first()  # it is one at most: its usual order would only cost the sentence


def state_of(code: Any | None, product: str = "", version: str = "") -> State:
    """The state of a code that was `found`, or came `with_held`. `product` is the code of the product that asks, `version` its own; "" is not said."""
    if code is None:
        return State.UNKNOWN
    if product and product != code.entitlement.product.code:
        return State.OTHER_PRODUCT
    if code.revoked_at:
        return State.REVOKED if code.revoked_for == Revocation.REISSUED else State.REFUNDED
    if code.held:
        return State.ON_HOLD
    return State.ACTIVE if includes(code.entitlement, version) else State.UPGRADE_ENDED


def includes(owned: Entitlement, version: str) -> bool:
    """Whether the purchase includes this version of its product. Of a version that was never released here nothing can be said, so it does."""
    if not version or owned.upgrades_until is None:
        return True
    try:
        key = key_of(version)
    except NotAVersion:
        return True
    release = Release.objects.filter(product=owned.product_id, version_key=key, published_at__lte=timezone.now()).first()
    return release is None or release.is_included(owned.upgrades_until)
