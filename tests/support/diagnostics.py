"""Diagnostics for tests: bundles, and what a wizard sends."""

import hashlib
import io
import json
import zipfile
from typing import Any

from django.http import HttpResponse
from django.test import Client

START = "/support/diagnostics/"
OFFSETS = "application/offset+octet-stream"
LOG = b"09:14 started\n09:15 could not open C:/Users/vera/notes\n" * 20


def item(path: str, content: bytes = LOG, **facts: Any) -> dict[str, Any]:
    return {"id": path, "title": path, "kind": "log", "path": path, "size": len(content), "sha256": sha256(content)} | facts


def bundle(files: dict[str, bytes] | None = None, items: list[dict[str, Any]] | None = None, seal: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A ZIP file as the wizard makes it: the manifest, and what it names."""
    files = {"logs/app.log": LOG} if files is None else files
    manifest = {"format": "infacta-diagnostics-1", "items": [item(*file) for file in files.items()] if items is None else items}
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", seal) as archive:
        archive.writestr("manifest.json", json.dumps(manifest))
        for path, content in files.items():
            archive.writestr(path, content)
    return held.getvalue()


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def beginning(content: bytes = b"", **changes: Any) -> dict[str, Any]:
    """What is told at the beginning of an upload."""
    return {
        "contact": {"name": "Vera Visitor", "email": "vera@example.net"},
        "product": "NOTEBOOK",
        "version": "1.2",
        "wizard": {"name": "infacta_wizard", "version": "1.0"},
        "text": "It stops when I open a note.",
        "bundle": {"size": len(content), "sha256": sha256(content)},
    } | changes


def begin(content: bytes, client: Client | None = None, **changes: Any) -> HttpResponse:
    return (client or Client()).post(START, json.dumps(beginning(content, **changes)), content_type="application/json")


def begun(content: bytes, **changes: Any) -> str:
    """The address of a new upload."""
    answer = begin(content, **changes)
    assert answer.status_code == 201, answer.content
    return answer["Location"]


def tus(method: str, path: str, body: bytes = b"", client: Client | None = None, **headers: str) -> HttpResponse:
    sent = {"Tus-Resumable": "1.0.0"} | {name.replace("_", "-"): value for name, value in headers.items()}
    return (client or Client()).generic(method, path, body, OFFSETS, headers=sent, CONTENT_TYPE=OFFSETS)


def patch(path: str, offset: int, body: bytes, **headers: str) -> HttpResponse:
    return tus("PATCH", path, body, Upload_Offset=str(offset), **headers)


def send(content: bytes, **changes: Any) -> HttpResponse:
    """All of it in one piece."""
    return patch(begun(content, **changes), 0, content)
