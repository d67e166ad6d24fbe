"""The vendor's brand in templates: `{% brand_head %}`, `{% brand_name %}`, and the colours for mails, which know no stylesheet."""

from django import template
from django.conf import settings
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from infacta import branding
from infacta.pictures import Picture

HEIGHT, WIDEST = 32, 240
"""How large a logo is, in pixels; site.css says the same."""

register = template.Library()


@register.simple_tag
def brand_head() -> SafeString:
    """The icon, and the stylesheet of the vendor's colours, if they have any."""
    icon = branding.pictures().get("icon")
    href, kind = (address_of("icon", icon), icon.type) if icon else (static("favicon.svg"), "image/svg+xml")
    head = format_html('<link rel="icon" href="{}" type="{}">', href, kind)
    if sheet := branding.stylesheet():
        href = reverse("website:brand_style", args=[branding.digest_of(sheet)])
        head += format_html('<link rel="stylesheet" href="{}">', href)
    return head


@register.simple_tag
def brand_name() -> SafeString:
    """The logo, by day and by night, with the site's name for whoever cannot see it; or the name in letters."""
    found = branding.pictures()
    by_day, by_night = found.get("logo"), found.get("logo-dark")
    if not by_day:
        return format_html("{}", settings.SITE_NAME)
    width, height = size_at_the_top(by_day)
    image = format_html('<img src="{}" alt="{}" width="{}" height="{}">', address_of("logo", by_day), settings.SITE_NAME, width, height)
    if not by_night:
        return image
    dark = format_html('<source media="(prefers-color-scheme: dark)" srcset="{}">', address_of("logo-dark", by_night))
    return format_html("<picture>{}{}</picture>", dark, image)


def size_at_the_top(picture: Picture) -> tuple[int, int]:
    """Width and height that keep its shape."""
    scale = min(HEIGHT / picture.height, WIDEST / picture.width)
    return max(1, round(picture.width * scale)), max(1, round(picture.height * scale))


def address_of(name: str, picture: Picture) -> str:
    return reverse("website:brand_picture", args=[name, picture.digest])


@register.simple_tag
def brand_color() -> str:
    return branding.color()


@register.simple_tag
def brand_color_by_night() -> str:
    return branding.color_by_night()
