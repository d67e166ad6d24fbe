"""What those who work on a case do in it. Each looks first, under the case's lock, whether they still do, and whether they have read all of it."""

from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.http import HttpRequest

from support.cases import closing, writing
from support.cases.hands import in_hand
from support.models import Case, CaseMessage


class Unread(Exception):
    """Something was written in the case that whoever acts has not seen."""


@dataclass(frozen=True)
class Words:
    """What somebody wrote: `seen` is the number of the last message that stood on their page. The same form again is the same `submission`."""

    text: str
    submission: str
    seen: int


@transaction.atomic
def answer(case: Case, words: Words, *, by: Any, and_close: bool = False, request: HttpRequest | None = None) -> None:
    """Answer the customer, and close the case with it if that is all. Raises Gone, NotYours and Unread."""
    held = in_hand(case, by)
    if is_here(held, words):
        return
    demand_read(held, words.seen)
    writing.answer(held, words.text, by=by, submission=words.submission, request=request)
    if and_close:
        closing.close(held, by=by, request=request)


@transaction.atomic
def note(case: Case, words: Words, *, by: Any) -> None:
    """Write for colleagues. Raises Gone and NotYours."""
    writing.note(in_hand(case, by), words.text, by=by, submission=words.submission)


@transaction.atomic
def close(case: Case, seen: int, *, by: Any, request: HttpRequest | None = None) -> bool:
    """False if it was closed. Raises Gone, NotYours and Unread."""
    held = in_hand(case, by)
    if not held.is_closed:
        demand_read(held, seen)
    return closing.close(held, by=by, request=request)


@transaction.atomic
def reopen(case: Case, *, by: Any, request: HttpRequest | None = None) -> bool:
    """False if it is open. Raises Gone and NotYours."""
    return closing.reopen(in_hand(case, by), by=by, request=request)


def is_here(held: Case, words: Words) -> bool:
    return CaseMessage.objects.filter(case=held, submission=words.submission).exists()


def demand_read(held: Case, seen: int) -> None:
    """A message gets its number under the case's lock, so none with a lower one comes later."""
    if held.messages.filter(pk__gt=seen).exists():
        raise Unread
