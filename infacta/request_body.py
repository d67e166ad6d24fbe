"""Reading the body of a request that no form sent."""

from django.http import HttpRequest


class BadBody(Exception):
    """The body cannot be taken: the HTTP status, and why."""

    def __init__(self, reason: str, status: int = 400) -> None:
        super().__init__(reason)
        self.reason, self.status = reason, status


def body_of(request: HttpRequest, most: int) -> bytes:
    """The body, of `most` bytes at most, whatever Content-Length says; BadBody (413) as soon as it is known to be longer.

    Django reads nothing where there is no length, so a chunked body is read from the server itself, if that ends it properly.
    What a server raises for a body that breaks off or is chunked wrongly is its own affair: gunicorn has classes of its own.
    """
    chunked = not request.META.get("CONTENT_LENGTH") and request.META.get("wsgi.input_terminated")
    try:
        body: bytes = (request.META["wsgi.input"] if chunked else request).read(most + 1)
    except Exception as error:
        raise BadBody("The body broke off, or its chunks are none.") from error
    if len(body) > most:
        raise BadBody(f"The body is longer than {most} bytes.", 413)
    return body
