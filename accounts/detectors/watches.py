"""Detectors of the floors above: they read tables of their own, and report down what they found (accounts/matters.py).

What they find is of a *matter*: a promotion, a batch of codes, a person without an account. None of it ever leads to a hold by itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar, TypeVar

from django.utils.functional import Promise


@dataclass(frozen=True)
class Watch:
    """Described as a detector is: a name, a sentence, what it looks at, declared parameters, and words for its evidence."""

    slug: ClassVar[str]
    name: ClassVar[Promise]
    sentence: ClassVar[Promise]
    subject: ClassVar[str]
    words: ClassVar[Mapping[str, Promise]]

    window: timedelta
    least: int


Declared = TypeVar("Declared", bound=Watch)
WATCHES: dict[str, Watch] = {}


def declared(watch: Declared) -> Declared:
    """The watch, from now on known to the pages of findings by its slug."""
    WATCHES[watch.slug] = watch
    return watch
