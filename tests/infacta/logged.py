"""Everything that the site writes into its log, in both forms, as its own handler would."""

import io
import logging
import logging.config
from collections.abc import Iterator
from contextlib import contextmanager

from infacta.log_lines import FORMATTERS, InContext
from infacta.web_log import HideLinks


class Logs:
    def __init__(self) -> None:
        self.streams = {form: io.StringIO() for form in FORMATTERS}

    @property
    def text(self) -> str:
        return self.streams["text"].getvalue()

    @property
    def json(self) -> str:
        return self.streams["json"].getvalue()

    @property
    def all(self) -> str:
        return self.text + self.json


@contextmanager
def logged(level: int = logging.DEBUG) -> Iterator[Logs]:
    """The root logger at this level, with a handler for each form beside those that are there."""
    logs, root = Logs(), logging.getLogger()
    configurator = logging.config.DictConfigurator({"version": 1})
    handlers = []
    for form, stream in logs.streams.items():
        handler = logging.StreamHandler(stream)
        handler.setFormatter(configurator.configure_formatter(dict(FORMATTERS[form])))
        handler.addFilter(HideLinks())
        handler.addFilter(InContext())
        handlers.append(handler)
        root.addHandler(handler)
    before = root.level
    root.setLevel(level)
    try:
        yield logs
    finally:
        root.setLevel(before)
        for handler in handlers:
            root.removeHandler(handler)
