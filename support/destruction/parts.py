"""What else hangs on a case, by those who know it: each part says how it is destroyed, and looks whether it is gone."""

from collections.abc import Callable
from dataclasses import dataclass

from support.models import Case


@dataclass(frozen=True)
class Part:
    """`destroy` may run twice, and after an interruption; `is_gone` looks, and believes nothing."""

    name: str
    destroy: Callable[[Case], None]
    is_gone: Callable[[Case], bool]


parts: list[Part] = []


def register(part: Part) -> Part:
    parts.append(part)
    return part
