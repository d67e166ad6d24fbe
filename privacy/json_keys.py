"""What may stand in a JSON field, as its declaration names it (`Personal.keys`), and what stands there all the same.

Keys are paths: "reports" is a key of the value, "reports.at" one of what stands under it. Lists are looked through, so a list of
objects has the keys of its objects. "" stands for plain values with no key at all, and "*" for names that somebody else chooses, such
as those of a partner's notification: whatever stands under them is covered by it.
"""

from collections.abc import Iterator, Mapping
from typing import Any

PLAIN, ANY, NAMELESS = "", "*", "(nameless)"


def paths_in(value: Any, path: str = "") -> Iterator[str]:
    """The paths of all keys of a value, and PLAIN if it holds plain values without any."""
    if isinstance(value, Mapping):
        for key, below in value.items():
            here = f"{path}.{key}" if path else str(key) or NAMELESS
            yield here
            yield from paths_in(below, here)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from paths_in(item, path)
    elif value is not None and not path:
        yield PLAIN


def undeclared_in(value: Any, keys: Mapping[str, Any]) -> list[str]:
    """The paths that the declaration does not name; below a key that is declared with "*" anything may stand."""
    return sorted({path for path in paths_in(value) if not is_covered(path, keys)})


def is_covered(path: str, keys: Mapping[str, Any]) -> bool:
    if path in keys or (path and ANY in keys):
        return True
    parts = path.split(".")
    return any(".".join([*parts[:end], ANY]) in keys for end in range(1, len(parts)))
