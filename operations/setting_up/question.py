"""What a question of `manage.py setup` is, and what is known when it is asked."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from operations.setting_up import readers


class Known(dict[str, str]):
    """The answers so far, by the questions' options; `present` is what the file of the environment says today."""

    def __init__(self, present: dict[str, str], folder: Path) -> None:
        super().__init__()
        self.present, self.folder = present, folder

    def __missing__(self, option: str) -> str:
        return ""

    @property
    def is_production(self) -> bool:
        return self["mode"] == "production"

    @property
    def on_postgresql(self) -> bool:
        return self["database"] != "sqlite"

    @property
    def host(self) -> str:
        return urlsplit(self["site-url"]).hostname or ""

    @property
    def domain(self) -> str:
        """Where the vendor's mail most likely lives: customers.vendor.example belongs to vendor.example."""
        return self["support-email"].rpartition("@")[2] or self.host.partition(".")[2] or "localhost"


def always(known: Known) -> bool:
    return True


def nothing(known: Known) -> str:
    return ""


@dataclass(frozen=True)
class Question:
    option: str
    asks: str
    explains: str = ""
    variable: str = ""
    """The variable that the answer becomes, as it stands."""
    default: Callable[[Known], str] = nothing
    read: Callable[[Known], readers.Reader] = lambda known: readers.words()
    is_secret: bool = False
    applies: Callable[[Known], bool] = always


@dataclass(frozen=True)
class Group:
    title: str
    questions: tuple[Question, ...]
    refused: Callable[[Known], str] = nothing
    """Tries what was answered: what is wrong, in a sentence; or ""."""
