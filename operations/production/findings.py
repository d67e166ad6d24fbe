"""What a look at the running machine finds: one line each, with a sentence that says what to do."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import wraps
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings


class Level(StrEnum):
    OK = "ok"
    WARNING = "warning"
    WRONG = "wrong"


@dataclass(frozen=True)
class Finding:
    level: Level
    sentence: str


def ok(sentence: str) -> Finding:
    return Finding(Level.OK, sentence)


def warning(sentence: str) -> Finding:
    return Finding(Level.WARNING, sentence)


def wrong(sentence: str) -> Finding:
    return Finding(Level.WRONG, sentence)


@dataclass(frozen=True)
class Place:
    """Where a server listens."""

    host: str
    port: int


@dataclass(frozen=True)
class Asked:
    """What the operator has said: where backups lie, where the environment stands, and where the site is to be asked, if its name does not lead here yet."""

    backups: Path | None = None
    environment: Path = Path("/etc/infacta/environment")
    https: Place = Place("", 443)
    plain: Place = Place("", 80)


def where_it_is(at: str = "") -> tuple[Place, Place]:
    """Where the site is asked over HTTPS and in plain: by its name, or at `HOST:PORT,HOST:PORT`. Raises ValueError for what is no such pair."""
    if not at:
        host = settings.SITE_HOST
        return Place(host, urlsplit(settings.SITE_URL).port or 443), Place(host, 80)
    places = [Place(host.strip("[]"), int(port)) for host, _colon, port in (one.strip().rpartition(":") for one in at.split(","))]
    https, plain = places  # ValueError, unless there are two
    if not (https.host and plain.host):
        raise ValueError("a host is missing")
    return https, plain


Ask = Callable[[Asked], Finding]


def unless(missing: Callable[[], str]) -> Callable[[Ask], Ask]:
    """For a look at what need not be there: `missing` says why nothing can be looked at, and is empty if it can. What was not looked at is never "ok"."""

    def only(ask: Ask) -> Ask:
        @wraps(ask)
        def look(asked: Asked) -> Finding:
            return warning(f"not looked at: {reason}") if (reason := missing()) else ask(asked)

        return look

    return only


@dataclass(frozen=True)
class Look:
    """One question. `outside`: it asks over the network, and `--offline` leaves it out."""

    name: str
    ask: Ask
    outside: bool = False

    def finding(self, asked: Asked) -> Finding:
        """Whatever goes wrong in a look is its finding, and never the end of all of them. Of an error of the system its words are told, for they name
        what is away; of any other its kind alone, for words may hold what nobody should read in a log."""
        try:
            return self.ask(asked)
        except OSError as error:
            return wrong(f"could not be looked at ({type(error).__name__}: {error.strerror or error}); mend that, or look by hand")
        except Exception as error:
            return wrong(f"could not be looked at ({type(error).__name__}); mend that, or look by hand")
