"""A file that an answer carries: the name that it is saved under, and the type of what browsers shall not look into."""

from django.utils.http import content_disposition_header

BINARY = "application/octet-stream"


def attachment(name: str) -> str:
    """The header Content-Disposition for a file of this name, whatever characters it holds (RFC 6266, RFC 8187)."""
    return content_disposition_header(True, name) or "attachment"
