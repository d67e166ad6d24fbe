"""Handing a report out: opened on the way, whole or in the part that is asked for, and each time written down."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from werkzeug.http import parse_if_range_header, parse_range_header

from audit.kinds import Kind as Fact
from audit.log import record
from infacta.attachment import BINARY, UNTOUCHED, attachment
from rights.models import ReportFile
from rights.report import safe
from support.vault.files import PIECE, Damaged
from support.vault.keyring import KeyGone
from support.vault.reading import SealedReader


def deliver(report: ReportFile, request: HttpRequest) -> HttpResponseBase:
    """404 if key or file is gone. HEAD sends headers alone, and is no access."""
    try:
        source = safe.reader(report.name)
    except (KeyGone, FileNotFoundError, Damaged) as error:
        raise Http404 from error
    start, end, status = part_of(report, request)
    headers = UNTOUCHED | {"Content-Disposition": attachment(report.saved_as), "Accept-Ranges": "bytes", "ETag": f'"{report.sha256}"'}
    if status == 416:
        source.close()
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{report.size}", "Cache-Control": "no-store"})
    headers["Content-Length"] = str(end - start)
    if status == 206:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{report.size}"
    if request.method == "HEAD":
        source.close()
        return HttpResponse(status=status, content_type=BINARY, headers=headers)
    record(Fact.REPORT_TAKEN, user=report.request.user, request=request, number=report.request.number, first_byte=start)
    return StreamingHttpResponse(pieces(source, start, end), status=status, content_type=BINARY, headers=headers)


def part_of(report: ReportFile, request: HttpRequest) -> tuple[int, int, int]:
    """From which byte to which, and the status (RFC 9110, 14): what a server may ignore is answered with the whole."""
    whole = (0, report.size, 200)
    asked = parse_range_header(request.headers.get("Range"))
    if asked is None or asked.units != "bytes" or len(asked.ranges) != 1 or is_of_another(report, request):
        return whole
    first, last = asked.ranges[0]
    if last is None and -first > report.size:
        return whole
    found = asked.range_for_length(report.size)
    return (*found, 206) if found else (0, 0, 416)


def is_of_another(report: ReportFile, request: HttpRequest) -> bool:
    """Whether what the client has already is not of this report."""
    if "If-Range" not in request.headers:
        return False
    try:
        condition: Any = parse_if_range_header(request.headers["If-Range"])
    except OverflowError:
        return True
    return bool(condition.etag != report.sha256)


def pieces(source: SealedReader, start: int, end: int) -> Iterator[bytes]:
    with closing(source):
        source.seek(start)
        while start < end and (piece := source.read(min(PIECE, end - start))):
            start += len(piece)
            yield piece
