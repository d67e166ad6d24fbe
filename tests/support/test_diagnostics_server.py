"""The API on the real server: bodies of unknown length, and lines that break in the middle of a piece."""

import http.client
import json
import os
import socket
import time
from collections.abc import Iterator

import pytest

from tests.server import served
from tests.support.diagnostics import OFFSETS, START, beginning

CONTENT = os.urandom(3_000_000)


@pytest.fixture(scope="module")
def port(tmp_path_factory) -> Iterator[int]:
    with served(tmp_path_factory.mktemp("site")) as port:
        yield port


def ask(port: int, method: str, path: str, body: object = None, **headers: str) -> tuple[int, http.client.HTTPMessage, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    sent = {"Tus-Resumable": "1.0.0"} | {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, path, body, sent)
    answer = connection.getresponse()
    text = answer.read()
    connection.close()
    return answer.status, answer.headers, text


def begun(port: int, email: str) -> str:
    raw = json.dumps(beginning(CONTENT, contact={"email": email}))
    status, headers, text = ask(port, "POST", START, raw, Content_Type="application/json")
    assert status == 201, text
    return headers["Location"]


def offset_of(port: int, location: str) -> int:
    return int(ask(port, "HEAD", location)[1]["Upload-Offset"])


def test_a_body_of_unknown_length_is_taken_piece_by_piece(port):
    location = begun(port, "chunked@example.net")
    chunks = (CONTENT[at : at + 70_001] for at in range(0, len(CONTENT), 70_001))
    status, headers, text = ask(port, "PATCH", location, chunks, Content_Type=OFFSETS, Upload_Offset="0")
    assert status == 200, text
    assert json.loads(text)["case"]
    assert headers["Upload-Offset"] == str(len(CONTENT))
    assert "Set-Cookie" not in headers


def test_a_body_of_unknown_length_that_does_not_end_is_refused(port):
    location = begun(port, "endless@example.net")
    chunks = (bytes(100_000) for _number in range(40))
    status, _headers, text = ask(port, "PATCH", location, chunks, Content_Type=OFFSETS, Upload_Offset="0")
    assert status == 413, text
    assert offset_of(port, location) == 0


@pytest.mark.parametrize("framing", ["Content-Length: 3000000", "Transfer-Encoding: chunked"])
def test_where_the_line_breaks_what_came_is_kept(port, framing):
    location = begun(port, f"broken{len(framing)}@example.net")
    head = f"PATCH {location} HTTP/1.1\r\nHost: localhost\r\nTus-Resumable: 1.0.0\r\nUpload-Offset: 0\r\nContent-Type: {OFFSETS}\r\n{framing}\r\n\r\n"
    sent = CONTENT[:1_500_000]
    with socket.create_connection(("127.0.0.1", port), timeout=10) as line:
        line.sendall(head.encode() + (b"%x\r\n" % 2_000_000 if "chunked" in framing else b"") + sent)
    kept = came(port, location)
    assert 0 < kept <= len(sent)
    status, _headers, text = ask(port, "PATCH", location, CONTENT[kept:], Content_Type=OFFSETS, Upload_Offset=str(kept))
    assert status == 200, text
    assert json.loads(text)["case"]


def came(port: int, location: str) -> int:
    """How much has come, once the server has seen that the line broke."""
    for _try in range(100):
        if offset := offset_of(port, location):
            return offset
        time.sleep(0.05)
    raise AssertionError("nothing was kept")
