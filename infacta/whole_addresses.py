"""An e-mail address in the midst of other words: found where it stands by itself, and not in a longer one, which is somebody else's."""

import re
from collections.abc import Iterator
from typing import Any

GOES_ON_BEFORE, GOES_ON_BEHIND = r"[\w.+'-]", r"[\w-]|\.\w"


def stands_in(value: Any, address: str) -> bool:
    """Whether a text, or any text in what JSON held, names this very address: `ann@example.com` does not stand in `mary-ann@example.com`."""
    whole = re.compile(rf"(?<!{GOES_ON_BEFORE}){re.escape(address)}(?!{GOES_ON_BEHIND})", re.IGNORECASE)
    return any(whole.search(text) for text in texts_in(value))


def texts_in(value: Any) -> Iterator[str]:
    """Every text, however deep; of objects the keys too."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, dict):
            waiting += [*one.keys(), *one.values()]
        elif isinstance(one, list | tuple):
            waiting += one
