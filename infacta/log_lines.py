"""The lines of the application's log: what somebody sent cannot look like a line of its own (ASVS 16.4.1), and no mail address stands in one.

LOG_FORMAT says which of the two formatters is at work; both take away the same.
"""

import logging
import re
from datetime import UTC, datetime
from typing import Any

from pythonjsonlogger.json import JsonFormatter

from infacta import under_way
from infacta.web_log import shown

MAIL_ADDRESS = re.compile(
    r"(?:\"[^\"\n]{1,64}\"|[^\s@<>\"'(),:;=&?/\[\]{}|\\]{1,64})(?:@|%40)(?:[^\W_]|-)+(?:\.(?:[^\W_]|-)+)+", re.IGNORECASE
)
VALUES = re.compile(r"^((?:DETAIL|CONTEXT|LINE \d+): ).*", re.MULTILINE)
"""PostgreSQL repeats there what the row, or the statement, held."""
QUOTED = re.compile(r"((?:invalid input (?:syntax|value) for |field value out of range: |is out of range for type )[^\n\"]*)\"[^\n]*\"")
"""And here, in the error's own words."""
PAGE = re.compile(r"(?:https?://|(?<![\w.:/])/)[^\s\"'<>()]+")
JSON_KEYS = ("time", "level", "logger", "message", "request_id", "view", "task", "status", "exception")


def without_addresses(text: str) -> str:
    """The text with each mail address as `(address)`: the answer of a relay, say, repeats its recipient."""
    return MAIL_ADDRESS.sub("(address)", text) if "@" in text or "%40" in text else text


def of_exception(text: str) -> str:
    """A traceback as a log may hold it: without the values of rows that the database repeats in its errors, and without the keys of links."""
    text = QUOTED.sub(r"\1(values)", VALUES.sub(r"\1(values)", text))
    return without_addresses(PAGE.sub(page_shown, text))


def page_shown(found: re.Match[str]) -> str:
    """The address as logs show it; one that holds nothing to be hidden stays whole, with its host."""
    hidden = shown(found[0])
    return hidden if hidden.endswith(("(link)/", "(secret)", "(query)")) else found[0]


def visible(text: str) -> str:
    return text if text.isprintable() else "".join(one if one.isprintable() else repr(one)[1:-1] for one in text)


def message_of(record: logging.LogRecord) -> str:
    """What the record says. The names of database errors come with their values, wherever they are quoted."""
    return of_exception(record.getMessage())


class InContext(logging.Filter):
    """Puts on every record which request or task it belongs to."""

    def filter(self, record: logging.LogRecord) -> bool:
        work = under_way.work_of(getattr(record, "request", None))
        record.request_id, record.view, record.task = work.id or "-", work.view, work.task
        return True


class Formatter(logging.Formatter):
    """One line for each entry, and a traceback below it, each of its lines behind a bar; control characters as Python writes them."""

    def format(self, record: logging.LogRecord) -> str:
        record.message = message_of(record)
        record.asctime = self.formatTime(record, self.datefmt)
        record.request_id = getattr(record, "request_id", "-")
        return "\n".join([visible(self.formatMessage(record)), *(f"  | {line}" for line in told_by(self, record))])


def told_by(formatter: logging.Formatter, record: logging.LogRecord) -> list[str]:
    """The lines of the record's traceback, if it has one."""
    return [visible(line) for line in of_exception(formatter.formatException(record.exc_info)).split("\n")] if record.exc_info else []


class JsonLines(JsonFormatter):
    """One JSON object an entry, with these keys and no other: whatever else hangs on a record, a request or a task's arguments, stays where it is."""

    def __init__(self, **options: Any) -> None:
        super().__init__(json_ensure_ascii=False, **options)

    def process_log_record(self, log_data: dict[str, Any]) -> dict[str, Any]:
        return {key: log_data[key] for key in JSON_KEYS if log_data.get(key) not in ("", None)}

    def add_fields(self, log_data: dict[str, Any], record: logging.LogRecord, message_dict: dict[str, Any]) -> None:
        log_data |= {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname,
            "logger": record.name,
            "message": visible(message_of(record)),
            "status": getattr(record, "status_code", None),
            "exception": "\n".join(told_by(self, record)),
        }
        log_data |= {key: getattr(record, key, "") for key in ("request_id", "view", "task")}


def shortened(record: logging.LogRecord) -> str:
    """The message for those who take no record through handlers' filters: addresses of pages as logs show them."""
    if not isinstance(record.args, tuple) or not record.args:
        return message_of(record)
    args = tuple(shown(value) if isinstance(value, str) and value.startswith(("/", "http")) else value for value in record.args)
    return of_exception(str(record.msg) % args)


FORMATTERS = {
    "text": {"()": "infacta.log_lines.Formatter", "format": "%(asctime)s %(levelname)s %(name)s [%(request_id)s] %(message)s"},
    "json": {"()": "infacta.log_lines.JsonLines"},
}
"""By the values of LOG_FORMAT, as logging.config takes them."""
