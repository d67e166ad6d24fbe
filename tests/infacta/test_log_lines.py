"""The application's log: one event is one line, or lines that are marked as its traceback."""

import io
import json
import logging
import logging.config
import re

import pytest
from django.conf import settings

from infacta.log_lines import JsonLines, of_exception
from tests.staff import staff_log_in

FORGED = "2026-01-01 00:00:00,000 INFO accounts Everything is fine."


def begins_an_entry(line: str) -> bool:
    return re.match(r"\d{4}-\d\d-\d\d ", line) is not None


@pytest.fixture
def log():
    """What the handler of the settings writes."""
    written = io.StringIO()
    configurator = logging.config.DictConfigurator(settings.LOGGING)
    handler = logging.StreamHandler(written)
    handler.setFormatter(configurator.configure_formatter(dict(settings.LOGGING["formatters"]["plain"])))
    logging.getLogger().addHandler(handler)
    yield written
    logging.getLogger().removeHandler(handler)


@pytest.mark.django_db
@pytest.mark.parametrize("query", [{f"x\n{FORGED}": "1"}, {"_to_field": f"x\n{FORGED}"}, {f"x\x1b[2J\r{FORGED}\u2028{FORGED}": "1"}])
def test_what_is_asked_of_a_list_forges_no_entry(log, ada, query):
    assert staff_log_in(ada).get("/staff/accounts/user/", query).status_code == 400
    lines = [line for line in log.getvalue().split("\n") if "Everything is fine" in line]
    assert lines
    assert not any(line.startswith("2026-01-01") for line in lines)
    assert "\x1b" not in log.getvalue()


def test_json_shows_what_cannot_be_seen_too():
    handler = logging.StreamHandler(written := io.StringIO())
    handler.setFormatter(JsonLines())
    handler.handle(logging.makeLogRecord({"msg": "a\x9bb\u2028c\u202ed, Größe", "levelno": logging.INFO, "levelname": "INFO"}))
    assert json.loads(written.getvalue())["message"] == r"a\x9bb\u2028c\u202ed, Größe"


def test_an_entry_and_its_traceback_can_be_read(log):
    logging.getLogger("accounts").error("Größe %s", "1,5 m")
    try:
        raise ValueError(f"broken\n{FORGED}")
    except ValueError:
        logging.getLogger("accounts").exception("It broke.")
    first, second, *rest = log.getvalue().strip().split("\n")
    assert first.endswith("ERROR accounts [-] Größe 1,5 m")
    assert second.endswith("ERROR accounts [-] It broke.")
    assert all(line.startswith("  | ") for line in rest), rest
    assert len([line for line in log.getvalue().split("\n") if begins_an_entry(line)]) == 2


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (
            'DataError: invalid input syntax for type integer: "canary "of" two"',
            "DataError: invalid input syntax for type integer: (values)",
        ),
        ('DataError: date/time field value out of range: "canary"', "DataError: date/time field value out of range: (values)"),
        ("HTTPError: 404 for https://a.example/resources/password/abc/canary/?x=1", "HTTPError: 404 for /resources/password/(link)/"),
        ("NoReverseMatch: '/announcements/leave/canary'", "NoReverseMatch: '/announcements/leave/(link)/'"),
        ("see https://a.example/staff/?q=canary", "see /staff/?(query)"),
        ('  File "/srv/infacta/support/feedback/a_module_with_a_long_name.py", line 3', None),
        ("see https://a.example/products/?page=2", None),
    ],
)
def test_what_errors_say_in_their_own_words_names_nobody_and_opens_nothing(text, kept):
    assert of_exception(text) == (kept or text)
