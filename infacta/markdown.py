"""Markdown as safe HTML: what staff write of products and releases, for pages and for the feeds of updaters.

Two walls, each of which would do alone: the reader lets no HTML through, and what it made is cleaned once more by a list of what may stand
there. Pictures are shown as their words, for the site loads nothing from elsewhere; whoever served them would learn of the visit.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import nh3
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from markdown_it.token import Token

DEEPEST = 6
TAGS = {
    *("p", "br", "hr", "em", "strong", "s", "a", "code", "pre", "blockquote", "ul", "ol", "li"),
    *("h1", "h2", "h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td"),
}
ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}}
SCHEMES = {"http", "https", "mailto"}


def words_of_picture(renderer: Any, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
    return escapeHtml(renderer.renderInlineAsText(tokens[index].children or (), options, env))


reader = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
reader.add_render_rule("image", words_of_picture)


@lru_cache(maxsize=1024)
def rendered(text: str, first_heading: int = 3) -> SafeString:
    """The text as HTML: CommonMark, tables and strikethrough. Its headings begin at `first_heading`, below the page's own, and leave out no level.

    Links say nofollow and noopener, and lead to the web and to mail alone.
    """
    tokens = reader.parse(text)
    headings = [token for token in tokens if token.type in ("heading_open", "heading_close")]
    levels = sorted({token.tag for token in headings})
    for token in headings:
        token.tag = f"h{min(first_heading + levels.index(token.tag), DEEPEST)}"
    html = reader.renderer.render(tokens, reader.options, {})
    return mark_safe(nh3.clean(html, tags=TAGS, attributes=ATTRIBUTES, url_schemes=SCHEMES, link_rel="nofollow noopener"))  # noqa: S308
