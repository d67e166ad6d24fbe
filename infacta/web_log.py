"""What a log may hold of an address: what a link in a mail opens with is a key, and a query may hold one, or the customer that staff look for.

gunicorn's log and the site's own follow these rules; nginx has the same ones (deploy/nginx/infacta.conf).
"""

import logging
import re

HOST = re.compile(r"^https?://[^/]*", re.IGNORECASE)
HIDDEN = (
    (re.compile(r"(/resources/password/)[^/?]+/[^/?]+.*", re.DOTALL), r"\1(link)/"),
    (re.compile(r"(/(?:resources|support)/(?:[^/?]*/)*?)[^/?]{20,}.*", re.DOTALL), r"\1(link)/"),
    (re.compile(r"(/downloads/links/)[^/?]+.*", re.DOTALL), r"\1(link)/"),
    (re.compile(r"(/promotions/[^/]*/confirm/)[^/?]+.*", re.DOTALL), r"\1(link)/"),
    (re.compile(r"(/announcements/(?:join|leave|preferences)/)[^/?]+.*", re.DOTALL), r"\1(link)/"),
    (re.compile(r"(/+partners/+[^/]*/+notify/+)[^/?]+.*", re.DOTALL), r"\1(secret)/"),
    (re.compile(r"[^?]*(?:%|//|/\.\.?/).*", re.DOTALL), "(unusual)"),  # no page of the site is spelled so, and a key may be
    (re.compile(r"(/(?:resources|staff|partners|support)/[^?]*\?).*", re.DOTALL), r"\1(query)"),
)


def shown(address: str) -> str:
    """The address of a page as a log may hold it."""
    address = HOST.sub("", address)  # a request may name the whole address, and means the same page by it
    for pattern, instead in HIDDEN:
        if found := pattern.fullmatch(address):
            return found.expand(instead)
    return address


class HideLinks(logging.Filter):
    """For the site's own log: Django writes down the address of whatever was refused, be it by the method or by one wrong character."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(
                shown(value) if isinstance(value, str) and value.startswith(("/", "http")) else value for value in record.args
            )
        return True
