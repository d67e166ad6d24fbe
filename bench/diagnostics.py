"""Diagnostics of 200 MB: received sealed beside a bare view that writes them in plain, and opened again by staff."""

import hashlib
import http.client
import io
import json
import os
import subprocess
import time
import zipfile
from collections.abc import Callable, Iterator
from statistics import median
from threading import Event, Thread

from bench import stage
from bench.cast import MEGABYTE
from bench.figures import Figure

SITE, PLAIN = 8242, 8243
SIZE = 190 * MEGABYTE  # of an item; the bundle has it stored, and some room for the rest
ROUNDS = 3
PIECE = 8 * MEGABYTE
OFFSETS = "application/offset+octet-stream"


def receiving() -> Iterator[Figure]:
    """The same bytes, in one request and in pieces of 8 MB as the wizard sends them, in turn through both servers."""
    content = bundle()
    took: dict[tuple[str, int], list[float]] = {}
    with stage.gunicorn("infacta.wsgi", SITE, workers=1) as site, stage.gunicorn("bench.plain_upload", PLAIN, workers=1):
        sealed(content[: 8 * MEGABYTE], PIECE)
        with Watched(site) as growth:
            for _round in range(ROUNDS):
                for piece in (len(content), PIECE):
                    for name, way in (("sealed", sealed), ("plain", plain)):
                        took.setdefault((name, piece), []).append(way(content, piece))
        grown = growth()
    for piece, words in ((len(content), "in one request"), (PIECE, "in pieces of 8 MB")):
        ours, bare = (median(took[name, piece]) for name in ("sealed", "plain"))
        yield Figure(f"200 MB {words}, sealed, verified and a case opened", len(content) / MEGABYTE / ours, "MB/s")
        yield Figure("… written in plain by a bare view", len(content) / MEGABYTE / bare, "MB/s")
        yield Figure("… sealed / plain", bare / ours, goal=0.5)
    yield Figure("memory of the web process, growth while receiving 1.2 GB", grown / MEGABYTE, "MB", goal=30, at_most=True)


class Watched:
    """The most that a process and its children grew by while the block ran."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self.process, self.over, self.before = process, Event(), stage.memory_of(process)
        self.most = self.before
        self.thread = Thread(target=self.look)

    def __enter__(self) -> Callable[[], int]:
        self.thread.start()
        return lambda: self.most - self.before

    def __exit__(self, *error: object) -> None:
        self.over.set()
        self.thread.join()

    def look(self) -> None:
        while not self.over.wait(0.1):
            self.most = max(self.most, stage.memory_of(self.process))


def bundle() -> bytes:
    """A ZIP file of one stored item that nothing compresses, with its manifest."""
    content = os.urandom(MEGABYTE) * (SIZE // MEGABYTE)
    item = {"id": "a", "title": "A", "kind": "log", "path": "a.log", "size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("a.log", content)
        archive.writestr("manifest.json", json.dumps({"format": "infacta-diagnostics-1", "items": [item]}))
    return held.getvalue()


def sealed(content: bytes, piece: int) -> float:
    """Seconds until the number of the case is there."""
    told = {
        "contact": {"email": f"bench{os.urandom(6).hex()}@example.com"},
        "product": "BENCH",
        "wizard": {"name": "bench", "version": "1.0"},
        "bundle": {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()},
    }
    began = time.perf_counter()
    location = json.loads(asked(SITE, "POST", "/support/diagnostics/", json.dumps(told).encode(), {"Content-Type": "application/json"}))
    answer = b""
    for offset in range(0, len(content), piece):
        headers = {"Content-Type": OFFSETS, "Tus-Resumable": "1.0.0", "Upload-Offset": str(offset)}
        answer = asked(SITE, "PATCH", location["location"], content[offset : offset + piece], headers)
    took = time.perf_counter() - began
    assert json.loads(answer)["case"]
    return took


def plain(content: bytes, piece: int) -> float:
    began = time.perf_counter()
    for offset in range(0, len(content), piece):
        asked(PLAIN, "POST", "/", content[offset : offset + piece], {"Content-Type": OFFSETS})
    took = time.perf_counter() - began
    (stage.FOLDER / "plain-upload").unlink()
    return took


def asked(port: int, method: str, path: str, body: bytes, headers: dict[str, str]) -> bytes:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    connection.request(method, path, body, headers)
    answer = connection.getresponse()
    text = answer.read()
    assert answer.status < 300, text
    connection.close()
    return text


def opening() -> Iterator[Figure]:
    """What staff do with it: the list of its items, one item of 190 MB streamed, and all of it read and compared with its manifest."""
    from support.models import CaseFile
    from support.views.desk import diagnostics

    file = CaseFile.objects.select_related("case").filter(size__gt=SIZE).latest("pk")
    before = memory()
    began = time.perf_counter()
    diagnostics.contents_of(file, diagnostics.AT_ONCE)
    yield Figure("items of a bundle of 200 MB listed", (time.perf_counter() - began) * 1000, "ms")
    began = time.perf_counter()
    _item, pieces = diagnostics.opened(diagnostics.reader_of(file), 0)
    size = len(next(pieces))
    yield Figure("first bytes of an item of 190 MB", (time.perf_counter() - began) * 1000, "ms", goal=500, at_most=True)
    size += sum(map(len, pieces))
    assert size == SIZE
    yield Figure("… all of it, streamed", size / MEGABYTE / (time.perf_counter() - began), "MB/s")
    began = time.perf_counter()
    checked = diagnostics.contents_of(file)
    assert checked
    assert checked.is_as_told
    yield Figure("… read and compared with its manifest", size / MEGABYTE / (time.perf_counter() - began), "MB/s")
    yield Figure("… memory, growth meanwhile", (memory() - before) / MEGABYTE, "MB", goal=30, at_most=True)


def memory() -> int:
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


MEASURES = (receiving, opening)
