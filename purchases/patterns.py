"""Patterns that staff write, on text that anybody may have sent: RE2, which takes time and memory in proportion to the text, whatever the pattern.

It knows neither look-around nor back references. Lines begin and end as staff expect it: ^ and $ stand at each of them, and case does not count.
"""

from functools import lru_cache
from itertools import islice
from typing import Any

import re2

MOST_FINDS = 101  # one more than an order may have lines
LONGEST_PATTERN = 300
MOST_MEMORY = 8 * 1024 * 1024


class BadPattern(ValueError):
    """The pattern cannot be used; the message is RE2's own."""


@lru_cache(maxsize=256)
def compiled(pattern: str) -> Any:
    if len(pattern) > LONGEST_PATTERN:
        raise BadPattern(f"longer than {LONGEST_PATTERN} characters")
    options = re2.Options()
    options.max_mem, options.case_sensitive, options.log_errors = MOST_MEMORY, False, False
    try:
        return re2.compile(f"(?m){pattern}", options)
    except re2.error as error:
        why = error.args[0] if error.args else ""
        raise BadPattern(why.decode(errors="replace") if isinstance(why, bytes) else str(why)) from error


def found(pattern: str, text: str) -> str:
    """The first thing that is meant; "" if there is none, or no pattern."""
    return next(iter(all_found(pattern, text, 1)), "")


def all_found(pattern: str, text: str, most: int = MOST_FINDS) -> list[str]:
    """Everything that is meant, without spaces around it: the first group, or all of it if the pattern has none."""
    if not pattern:
        return []
    groups = compiled(pattern).groups
    return [(match.group(1 if groups else 0) or "").strip() for match in islice(compiled(pattern).finditer(text), most)]
