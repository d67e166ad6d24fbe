"""The vendor's brand as pages and mails show it: from BRAND_COLOR, BRAND_LOGO and their like (docs/branding.md)."""

from functools import lru_cache
from hashlib import sha256
from html import escape

from django.conf import settings

from infacta.contrast import ink_on, nearest_readable
from infacta.pictures import Picture

OWN_COLOR, OWN_COLOR_BY_NIGHT = "#0b5563", "#7cc7d4"
OWN_NAME = "Infacta"
SHEET = ":root {{ --brand: {day}; --brand-night: {night}; --on-brand-night: {ink}; }}\n"
INITIAL = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16" width="16" height="16"><rect width="16" height="16" rx="3" fill="{color}"/>'
    '<text x="8" y="12" font-family="system-ui, sans-serif" font-size="11" font-weight="600" text-anchor="middle" fill="#fff">{initial}</text></svg>'
)


def color() -> str:
    """The accent of text and buttons by day; white can be read on it."""
    return settings.BRAND_COLOR or OWN_COLOR


def color_by_night() -> str:
    if settings.BRAND_COLOR_DARK:
        return settings.BRAND_COLOR_DARK
    return nearest_readable(settings.BRAND_COLOR, dark=True) if settings.BRAND_COLOR else OWN_COLOR_BY_NIGHT


def stylesheet() -> str:
    """The tokens that static/site.css and static/staff.css take; "" where the site has its own colours, and no page asks for it then."""
    if not settings.BRAND_COLOR and not settings.BRAND_COLOR_DARK:
        return ""
    night = color_by_night()
    return SHEET.format(day=color(), night=night, ink=ink_on(night))


def pictures() -> dict[str, Picture]:
    """What the site shows, by name; a vendor without an icon gets the initial of the site's name in their colour."""
    found: dict[str, Picture] = settings.BRAND_PICTURES
    if "icon" in found or (settings.SITE_NAME == OWN_NAME and not settings.BRAND_COLOR):
        return found
    return found | {"icon": initial(settings.SITE_NAME, color())}


@lru_cache(maxsize=8)
def initial(name: str, colour: str) -> Picture:
    drawn = INITIAL.format(color=colour, initial=escape(name.strip()[:1].upper()))
    return Picture(drawn.encode(), "image/svg+xml", 16, 16)


def digest_of(text: str) -> str:
    """What stands in the address of a text that browsers keep."""
    return sha256(text.encode()).hexdigest()[:12]
