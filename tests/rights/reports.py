"""Reports for tests: made as a worker makes them, and opened as the person opens them."""

import io
import json
import re
from typing import Any
from zipfile import ZipFile

from django.test import Client

from accounts.models import User
from mailroom.models import OutgoingMail
from rights import tasks
from rights.models import Kind, ReportFile, SubjectRequest
from rights.report import safe


def make(user: User | None = None, address: str = "") -> "Report":
    """The report of somebody who has asked and is proved."""
    asked = SubjectRequest.objects.create(kind=Kind.REPORT, user=user, email=address)
    assert tasks.make_report(asked.pk) == 1, SubjectRequest.objects.get(pk=asked.pk).problem
    return Report.of(ReportFile.objects.get(request=asked))


class Report:
    """What is in a ZIP."""

    def __init__(self, content: bytes) -> None:
        self.zip = ZipFile(io.BytesIO(content))
        assert self.zip.testzip() is None
        self.parts = {name: self.zip.read(name) for name in self.zip.namelist()}
        self.data: dict[str, Any] = json.loads(self.parts["report.json"])

    @classmethod
    def of(cls, report: ReportFile) -> "Report":
        with safe.reader(report.name) as reader:
            return cls(reader.readall())

    @property
    def text(self) -> str:
        """All of it, one part behind the other."""
        return "\n".join(content.decode(errors="replace") for content in self.parts.values())

    def kind(self, model: str) -> dict[str, Any]:
        return next(kind for kind in self.data["records"] if kind["model"] == model)

    def rows(self, model: str) -> list[dict[str, Any]]:
        return self.kind(model)["rows"]

    def pages(self) -> dict[str, str]:
        return {name: content.decode() for name, content in self.parts.items() if name.endswith(".html")}


def fetched(client: Client, path: str) -> Report:
    response = client.get(path)
    assert response.status_code == 200, response.status_code
    return Report(b"".join(response.streaming_content))


def link_in(mail: OutgoingMail, begins: str) -> str:
    """The path of a link in a mail."""
    found = re.search(rf"http://localhost:\d+({begins}\S*)", mail.text)
    assert found, mail.text
    return found[1]
