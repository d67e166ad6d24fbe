"""What can be wrong with an upload: for programs a word and a status, for people what happened and what to do (RFC 9457)."""

from typing import Any


class Problem(Exception):
    """`kind` is the last part of the problem's type, `extra` are further members of the answer, `headers` go with it."""

    def __init__(self, status: int, kind: str, title: str, detail: str, headers: dict[str, str] | None = None, **extra: Any) -> None:
        super().__init__(kind)
        self.status, self.kind, self.title, self.detail = status, kind, title, detail
        self.headers, self.extra = headers or {}, extra
