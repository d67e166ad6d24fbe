"""The site itself: its mode, whether it works, who may get in, who reports orders."""

from ipaddress import ip_network

from django.conf import settings
from django.contrib.auth.hashers import check_password

from accounts.models import User
from accounts.promise_checks import staff_without_factor
from operations.production.findings import Asked, Finding, ok, warning, wrong
from privacy.looks.sweeps import every_sweep_was_through_lately
from privacy.promise_checks import Outcome
from purchases.partners.registry import PARTNERS

KNOWN_PASSWORDS = ("three quiet harbours", "correct horse battery staple", "change-me", "password", "administrator", "infacta123")
"""Those of the demonstration and of the examples; as many as are tried in a moment."""
WIDEST = {4: 16, 6: 48}
"""A network of proxies that is wider than these believes strangers."""


def mode(asked: Asked) -> Finding:
    if not settings.PRODUCTION:
        return wrong(f"INFACTA_MODE is {settings.MODE}: take it out of the environment, or set it to production")
    return (
        wrong("DEBUG is on, and errors show what nobody should see: never change it in settings.py")
        if settings.DEBUG
        else ok("production, without DEBUG")
    )


def cookies(asked: Asked) -> Finding:
    if not (settings.SESSION_COOKIE_SECURE and settings.SESSION_COOKIE_HTTPONLY and settings.SESSION_COOKIE_NAME.startswith("__Host-")):
        return wrong("the session's cookie may go over plain HTTP: SITE_URL must begin with https://")
    return ok("the session's cookie is __Host-, Secure and HttpOnly, and ends within two days")


def proxies(asked: Asked) -> Finding:
    """Whoever is in TRUSTED_PROXIES says who the client is."""
    for text in settings.TRUSTED_PROXIES:
        network = ip_network(text)
        if network.prefixlen < WIDEST[network.version] and not (network.is_private and network.prefixlen >= 8):
            return wrong(f"TRUSTED_PROXIES holds {text}: whoever is in it may say that they are anybody; name nginx's own addresses")
    if not settings.TRUSTED_PROXIES:
        return wrong("TRUSTED_PROXIES is not set, and all visitors are nginx: name the addresses that nginx connects from")
    return ok(f"who the client is, is believed from {', '.join(settings.TRUSTED_PROXIES)} alone")


def work(asked: Asked) -> Finding:
    outcome, evidence = every_sweep_was_through_lately()
    if outcome == Outcome.UNKNOWN:
        return wrong(f"{evidence}: systemctl enable --now infacta-worker infacta-beat, and look again in a minute")
    if outcome == Outcome.BROKEN:
        return wrong(f"{evidence}: look at systemctl status infacta-worker infacta-beat, and at Redis")
    return ok(evidence)


def staff(asked: Asked) -> Finding:
    """Somebody administers, and everybody has enrolled a second factor. Numbers of accounts alone: this may be in a log."""
    if not User.objects.filter(is_staff=True).exists():
        return wrong('nobody is staff: manage create_staff ada@example.com --name "Ada Archer" --role administration')
    if without := list(staff_without_factor().values_list("pk", flat=True)[:5]):
        return warning(
            f"staff without a second factor: the accounts {', '.join(map(str, without))}; they enrol one when they log in at /staff/, or take the role away"
        )
    return ok(f"{User.objects.filter(is_staff=True).count()} members of staff, each with a second factor")


def passwords(asked: Asked) -> Finding:
    """No member of staff has one that everybody knows."""
    for user in User.objects.filter(is_staff=True).only("pk", "password")[:50]:
        if any(check_password(known, user.password) for known in KNOWN_PASSWORDS):
            return wrong(f"the account {user.pk} has a password that everybody knows: take it out of the staff, or let it set another")
    return ok("no member of staff has a password of the demonstration or the examples")


def partners(asked: Asked) -> Finding:
    if not (open_ones := [partner.name for partner in PARTNERS.values() if partner.is_open()]):
        return warning("no partner is open, and no order can come in: set a partner's secrets (docs/partners.md)")
    return ok(f"open: {', '.join(open_ones)}")
