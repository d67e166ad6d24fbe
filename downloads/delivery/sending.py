"""Delivering a file: by Python with ranges (RFC 9110), by nginx through X-Accel-Redirect, or by an object store at an address that lapses.

What Python sends is stopped within seconds when it must not go on. What nginx or a store sends cannot be stopped half-way: it is one
request, let in at its beginning.
"""

import errno
import logging
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from datetime import timedelta
from typing import Any, NoReturn
from urllib.parse import quote

from django.conf import settings
from django.core.files import File
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.http import http_date
from werkzeug.datastructures import Range
from werkzeug.http import parse_if_range_header, parse_range_header

from audit.kinds import Kind
from audit.log import record
from downloads.delivery.gate import Refusal, reason_to_stop
from downloads.models import DownloadSession, ReleaseFile
from downloads.personal_data import SENT_BY_NGINX
from infacta.attachment import BINARY, attachment
from privacy.ribbon import note

log = logging.getLogger(__name__)
CHUNK = 256 * 1024
LOOK_EVERY = timedelta(seconds=2)  # so often, however fast the line is, a download that is being sent is checked again


class Stopped(ConnectionResetError):
    """The file must not be sent any further. Servers know this error as the end of a connection, and close it without ado.

    Merely to send no more would leave the client waiting for the rest that Content-Length announced.
    """


def deliver(request: HttpRequest, session: DownloadSession, refuse: Callable[[Refusal], HttpResponse]) -> HttpResponseBase:
    """The file of a session that was found good, or the part of it that the request asks for.

    A resumed download is the same session, and counts nothing. HEAD sends headers alone. `refuse` answers where the storage has the file
    and does not hand it out: it went since the gate looked, or must not be read.
    """
    try:
        response = sender_of(request)(request, session)
    except OSError:
        log.exception("The file %s cannot be handed out.", session.file.stored_as)
        return refuse(Refusal.MISSING)
    response["Content-Disposition"] = attachment(session.file.name)
    response.setdefault("Cache-Control", "private, no-cache, no-transform")
    return response


def sender_of(request: HttpRequest) -> Callable[[HttpRequest, DownloadSession], HttpResponseBase]:
    """Who answers this request. Of a file in an object store we know size and digest ourselves, so only its bytes are asked for there."""
    if settings.DOWNLOADS_DELIVERY == "nginx":
        return by_nginx
    return by_store if settings.DOWNLOADS_DELIVERY == "s3" and request.method == "GET" else by_python


def by_nginx(request: HttpRequest, session: DownloadSession) -> HttpResponseBase:
    """nginx sends the file itself, ranges included; it is `internal` there, so that nobody fetches it past this check.

    The number is for nginx's log, which tells us what was sent; nginx passes no header on but those it knows, so the customer gets none.
    """
    response = HttpResponse(content_type=BINARY)
    response["X-Accel-Redirect"] = settings.X_ACCEL_PREFIX + quote(session.file.stored_as)
    if request.method == "GET":
        session.begin_request()
        note(request, SENT_BY_NGINX)
        response["X-Download-Session"] = str(session.pk)
    return response


def by_store(request: HttpRequest, session: DownloadSession) -> HttpResponseBase:
    """The object store sends the file to whoever comes with this address, for a few minutes; a resumed download comes here first, and gets another.

    What the store sends nobody tells us, so this request has no end.
    """
    store: Any = session.file.file.storage
    answer = {"ResponseContentDisposition": attachment(session.file.name), "ResponseContentType": BINARY}
    response = HttpResponse(status=302, headers={"Location": store.presigned(session.file.stored_as, answer)})
    session.begin_request()
    response["Cache-Control"] = "private, no-store"
    return response


def by_python(request: HttpRequest, session: DownloadSession) -> HttpResponseBase:
    file = session.file
    etag, modified = f'"{file.sha256}"', int(file.uploaded_at.timestamp())
    response: HttpResponseBase | None = get_conditional_response(request, etag=etag, last_modified=modified)
    if response is None:
        response = answer(request, session)
    response["Accept-Ranges"] = "bytes"
    response["ETag"] = etag
    response["Last-Modified"] = http_date(modified)
    return response


def answer(request: HttpRequest, session: DownloadSession) -> HttpResponseBase:
    """The whole file (200), the part asked for (206), or the news that there is no such part (416); for HEAD, headers alone."""
    size, headers, status = session.file.size, {}, 200
    start, end = 0, size
    if asked := asked_range(request, session.file):
        part = (0, size) if is_longer_suffix(asked, size) else asked.range_for_length(size)
        if part is None:
            return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
        start, end = part
        headers["Content-Range"], status = f"bytes {start}-{end - 1}/{size}", 206
    headers["Content-Length"] = str(end - start)
    if request.method == "HEAD":
        return HttpResponse(status=status, content_type=BINARY, headers=headers)
    source = session.file.file.storage.open(session.file.stored_as)
    session.begin_request()
    return StreamingHttpResponse(
        watched(session, counted(session, source, start, end)), status=status, content_type=BINARY, headers=headers
    )


def asked_range(request: HttpRequest, file: ReleaseFile) -> Range | None:
    """The part of the file that the request asks for; None where the whole is the answer.

    That is where the client's copy is of another file (If-Range), and for what RFC 9110 (14.2) lets a server ignore: other
    units, malformed ranges, several ranges at once, and methods other than GET.
    """
    asked = parse_range_header(request.headers.get("Range"))
    if request.method != "GET" or asked is None or asked.units != "bytes" or len(asked.ranges) != 1:
        return None
    if "If-Range" in request.headers and not is_same(file, request.headers["If-Range"]):
        return None
    return asked


def is_longer_suffix(asked: Range, size: int) -> bool:
    """Whether the last bytes are asked for, and more than there are: that is the whole file (RFC 9110, 14.1.2)."""
    start, end = asked.ranges[0]
    return end is None and -start > size > 0


def is_same(file: ReleaseFile, if_range: str) -> bool:
    """Whether the client's copy is of this very file: strong entity tag, or exact date (RFC 9110, 13.1.5)."""
    try:
        condition = parse_if_range_header(if_range)
    except OverflowError:  # a year that no calendar has
        return False
    if condition.date:
        return condition.date == file.uploaded_at.replace(microsecond=0)
    return not if_range.startswith("W/") and condition.etag == file.sha256


def counted(session: DownloadSession, source: File, start: int, end: int) -> Generator[bytes]:
    """The bytes, a chunk at a time; what was sent is noted at the end, also when the client goes away.

    The chunk in which a client goes away counts as sent, for nobody knows how much of it arrived; the file's end was sent only
    where more was asked for after it.
    """
    sent, is_over = 0, False
    try:
        source.seek(start)
        while sent < end - start and (chunk := source.read(min(CHUNK, end - start - sent))):
            sent += len(chunk)
            yield chunk
        is_over = True
    finally:
        source.close()
        session.count_bytes(sent, to_the_end=is_over and start + sent == session.file.size)


def watched(session: DownloadSession, chunks: Generator[bytes]) -> Iterator[bytes]:
    """The chunks, for as long as the session may be served: a hold, a refund or a withdrawal stops them."""
    looked_at = time.monotonic()
    with closing(chunks):
        for chunk in chunks:
            yield chunk
            if time.monotonic() - looked_at >= LOOK_EVERY.total_seconds():
                if refusal := reason_to_stop(session, timezone.now()):
                    stop(session, refusal)
                looked_at = time.monotonic()


def stop(session: DownloadSession, refusal: Refusal) -> NoReturn:
    """Write down that the download was stopped, and why, and break the connection."""
    owned = session.entitlement
    record(Kind.DOWNLOAD_REFUSED, user=owned.user, download=session.pk, product=owned.product.code, reason=refusal.name.lower())
    raise Stopped(errno.ECONNRESET, "The download was stopped.")
