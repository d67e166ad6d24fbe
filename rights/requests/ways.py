"""What follows when a person without an account has shown who they are: each kind of request says it here, and is offered only then."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from rights.models import SubjectRequest


@dataclass(frozen=True)
class Way:
    """`wait` is how long after the proof the work begins; `wake` is asked for with the request's number in the database, after the commit."""

    wait: timedelta
    wake: Callable[[int], None]


ways: dict[str, Way] = {}
"""By rights.models.Kind. A sweep finds the work if nobody is woken."""


def begin(request: SubjectRequest) -> None:
    """To be called once the request is WAITING."""
    ways[request.kind].wake(request.pk)
