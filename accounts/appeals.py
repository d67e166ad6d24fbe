"""Where the words of appeals are kept: the floor above that answers them registers itself here, so that they become a case of support (promise C19).

The row of an appeal keeps that there was one. Everything here happens in the transaction of what it belongs to, under the lock of the account.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.http import HttpRequest

if TYPE_CHECKING:
    from accounts.models import Appeal, Hold, User


class CannotKeep(Exception):
    """The words cannot be kept at the moment, such as on a full disk; the message says so to whoever wrote them."""


@dataclass(frozen=True)
class Keeper:
    """`take` keeps the words of a new appeal, as the last thing in its transaction, or raises CannotKeep. `words_of` gives those that are left of a hold, by the numbers
    of its appeals. `decided` is told that the hold has ended or the account is closed, and by whom: what was written is dealt with.
    `destroy` takes away the words of appeals, by their numbers, that have lain for too long.
    """

    take: Callable[["Appeal", str, HttpRequest], None]
    words_of: Callable[["Hold"], dict[int, str]]
    decided: Callable[["Hold", "User | None", HttpRequest | None], None]
    destroy: Callable[[Collection[int]], None]


keepers: list[Keeper] = []


def register(keeper: Keeper) -> Keeper:
    keepers.append(keeper)
    return keeper
