"""The lines of the application's log: what somebody sent cannot look like a line of its own (ASVS 16.4.1)."""

import logging


class Formatter(logging.Formatter):
    """One line for each entry, and a traceback below it, each of its lines behind a bar; control characters as Python writes them."""

    def format(self, record: logging.LogRecord) -> str:
        record.message = record.getMessage()
        record.asctime = self.formatTime(record, self.datefmt)
        told = self.formatException(record.exc_info).split("\n") if record.exc_info else []
        return "\n".join([visible(self.formatMessage(record)), *(f"  | {visible(line)}" for line in told)])


def visible(text: str) -> str:
    return text if text.isprintable() else "".join(one if one.isprintable() else repr(one)[1:-1] for one in text)
