"""The client's address, as far as it can be believed."""

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest

Network = IPv4Network | IPv6Network
BROWSER_LENGTH = 300
UNKNOWN = "unknown"


@lru_cache
def networks(texts: tuple[str, ...]) -> tuple[Network, ...]:
    """Parsed networks, such as `10.0.0.0/8` or a single address; ValueError names the one that is neither."""
    return tuple(ip_network(text.strip()) for text in texts)


def belongs(address: str, texts: Iterable[str]) -> bool:
    """Whether `address` is inside one of the networks; an address that cannot be read is in none."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    mapped = getattr(parsed, "ipv4_mapped", None) or parsed
    return any(mapped in network for network in networks(tuple(texts)))


def client_ip(request: HttpRequest) -> str | None:
    """The address nearest to us that is not one of our own proxies; None where there is none to be had.

    X-Forwarded-For is read from its right end, and only while the hop that wrote it is in TRUSTED_PROXIES: whatever a
    client writes there itself is never believed (ASVS 4.1.3). An IPv4 address that came by an IPv6 socket is written as IPv4.
    """
    address = request.META.get("REMOTE_ADDR", "")
    hops = [hop.strip() for hop in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if hop.strip()]
    while hops and belongs(address, settings.TRUSTED_PROXIES):
        address = hops.pop()
    try:
        parsed = ip_address(address.partition("%")[0])  # the zone of a link-local address says which of our cables it came by
    except ValueError:
        return None
    return str(getattr(parsed, "ipv4_mapped", None) or parsed)


def browser_of(request: HttpRequest) -> str:
    """What the browser says of itself, as long as a row may hold."""
    return request.headers.get("User-Agent", "")[:BROWSER_LENGTH]


def network_of(address: str | None) -> str:
    """The network that limits are counted by: the IPv4 address, the /64 of an IPv6 address, or UNKNOWN, for what is no address too."""
    try:
        parsed = ip_address(address or "")
    except ValueError:
        return UNKNOWN
    return str(ip_network(f"{address}/64", strict=False)) if parsed.version == 6 else str(parsed)


@lru_cache(maxsize=8192)
def region_of(address: str) -> str:
    """The wider net that an address is in: the /16 of an IPv4 address, the /32 of an IPv6 address. Two of different regions are far apart.

    "" for what is no address.
    """
    try:
        length = 16 if ip_address(address).version == 4 else 32
    except ValueError:
        return ""
    return str(ip_network(f"{address}/{length}", strict=False))
