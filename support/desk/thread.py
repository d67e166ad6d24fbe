"""What was written in a case, as those who work on it read it: internal notes too, and the files with what they came with."""

from collections import defaultdict
from dataclasses import dataclass, field

from infacta.paging import Page, page_of
from support.models import Case, CaseFile, CaseMessage

MESSAGES_A_PAGE, FILES_A_PAGE = 50, 50


@dataclass
class Entry:
    message: CaseMessage
    files: list[CaseFile] = field(default_factory=list)
    is_new: bool = False


@dataclass(frozen=True)
class Thread:
    """One page of it, the latest message last. `last` is the number of the latest message of all; `loose` are the files that came without one."""

    entries: list[Entry]
    page: Page[CaseMessage]
    loose: Page[CaseFile]
    last: int


def thread_of(case: Case, page: str | None, files_page: str | None, seen: int | None = None) -> Thread:
    """Four queries. `seen`: what came after that message is new to whoever reads."""
    rows = page_of(case.messages.select_related("staff").order_by("-pk"), page, MESSAGES_A_PAGE)
    with_message: dict[int | None, list[CaseFile]] = defaultdict(list)
    for file in case.files.filter(message__in=[row.pk for row in rows.rows]):
        with_message[file.message_id].append(file)
    entries = [Entry(row, with_message[row.pk], seen is not None and row.pk > seen) for row in reversed(rows.rows)]
    loose = page_of(case.files.filter(message=None), files_page, FILES_A_PAGE)
    last = rows.rows[0].pk if rows.rows and rows.number == 1 else last_of(case)
    return Thread(entries, rows, loose, last)


def last_of(case: Case) -> int:
    return case.messages.order_by("-pk").values_list("pk", flat=True).first() or 0
