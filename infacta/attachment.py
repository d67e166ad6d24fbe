"""A file that an answer carries: the name that it is saved under, and the type of what browsers shall not look into."""

from collections.abc import Iterator
from itertools import chain

from django.http import StreamingHttpResponse
from django.utils.http import content_disposition_header

BINARY = "application/octet-stream"
UNTOUCHED = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "sandbox; default-src 'none'", "Cache-Control": "no-store"}


def attachment(name: str) -> str:
    """The header Content-Disposition for a file of this name, whatever characters it holds (RFC 6266, RFC 8187)."""
    return content_disposition_header(True, name) or "attachment"


def to_be_saved(pieces: Iterator[bytes], name: str, size: int | None = None) -> StreamingHttpResponse:
    """What a stranger sent, a piece at a time: of no type that a browser opens, in a sandbox if one does, and in no cache.

    The first piece is read here, so what cannot be read is known before anything is answered: whatever `pieces` raises.
    """
    read = chain([next(pieces, b"")], pieces)
    response = StreamingHttpResponse(read, content_type=BINARY, headers=UNTOUCHED)
    response.headers["Content-Disposition"] = attachment(name)
    if size is not None:
        response.headers["Content-Length"] = str(size)
    return response
