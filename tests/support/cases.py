"""Cases for tests."""

from typing import Any

from support.cases.attaching import Incoming
from support.cases.opening import Request, open_case
from support.models import Case, CaseDetails, Channel


def incoming(name: str = "log.txt", content: bytes = b"all is lost\n" * 10) -> Incoming:
    return Incoming(name, len(content), [content])


def make_case(email: str = "visitor@example.net", text: str = "It does not start.", **asked: Any) -> Case:
    """Somebody asks support; `user`, `product`, `files` and so on as support.cases.opening.Request has them."""
    details = CaseDetails(subject=asked.pop("subject", "Notebook does not start"), name=asked.pop("name", "Vera Visitor"), email=email)
    return open_case(Request(**{"channel": Channel.FORM, "details": details, "text": text} | asked))
