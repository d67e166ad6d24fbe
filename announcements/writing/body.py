"""The body of an announcement in both of its forms: Markdown of staff as HTML for mail programs, and as text. What staff type is nobody's
markup but Markdown's (infacta/markdown.py), and leads to the web and to mail alone.
"""

import re
from urllib.parse import urljoin

import nh3
from django.conf import settings
from django.utils.safestring import SafeString, mark_safe

from announcements.placeholders import PLACEHOLDER, spelled
from infacta.markdown import SCHEMES, TAGS, reader, rendered
from infacta.plain_text import plain_text

FIRST_HEADING = 2
LONGEST_EXCERPT = 600
IN_ADDRESS = re.compile(r"%7B%7B(?:%20)*([a-z_]+)(?:%20)*%7D%7D", re.IGNORECASE)


def as_html(markdown: str) -> SafeString:
    """For a mail: addresses of this site are whole, and placeholders stand in links as in the text."""
    html = nh3.clean(
        rendered(without_spaces(markdown), FIRST_HEADING),
        tags=TAGS,
        attributes={"a": {"href"}, "ol": {"start"}},
        attribute_filter=lambda _tag, name, value: {"href": absolute(value), "start": value}.get(name),
        url_schemes=SCHEMES,
        link_rel=None,
    )
    return mark_safe(html)  # noqa: S308


def as_text(markdown: str) -> str:
    """The same as text."""
    return PLACEHOLDER.sub(lambda found: spelled(found[1]), plain_text(without_spaces(markdown), absolute))


def without_spaces(markdown: str) -> str:
    """Each placeholder is one word while lines are broken, and where a link leads, for Markdown's links end at a space."""
    return PLACEHOLDER.sub(r"{{\1}}", markdown)


def absolute(address: str) -> str:
    """Mail has no site of its own: what leads on from here gets this site's address. A placeholder is an address already."""
    address = IN_ADDRESS.sub(lambda found: spelled(found[1]), address)
    return address if PLACEHOLDER.match(address) else urljoin(f"{settings.SITE_URL}/", address)


def addresses_in(markdown: str) -> list[str]:
    """Where its links lead, each once, in their order."""
    tokens = (child for token in reader.parse(without_spaces(markdown)) for child in token.children or ())
    found = (absolute(str(token.attrGet("href"))) for token in tokens if token.type == "link_open")
    return list(dict.fromkeys(found))


def excerpt(markdown: str) -> tuple[str, bool]:
    """The first blocks of a longer text, as Markdown, and whether something was left out; of a first block that is too long, its first words."""
    if len(markdown) <= LONGEST_EXCERPT:
        return markdown, False
    lines, end = markdown.split("\n"), 0
    for token in reader.parse(markdown):
        if token.level in (0, 1) and token.map and len("\n".join(lines[: token.map[1]])) <= LONGEST_EXCERPT:
            end = max(end, token.map[1])
    if end:
        return "\n".join(lines[:end]).rstrip(), True
    return f"{markdown[:LONGEST_EXCERPT].rpartition(' ')[0]} …", True
