"""What a question of `manage.py setup` is, and what is known when it is asked."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from infacta.leftovers import is_leftover
from operations.setting_up import readers
from operations.setting_up.environment_file import Unusable


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
        """Where the vendor's mail most likely lives: customers.vendor.example belongs to vendor.example, which is a domain itself."""
        return self["support-email"].rpartition("@")[2] or self.vendors_part_of_host or "localhost"

    @property
    def vendors_part_of_host(self) -> str:
        """A default and no more: of `vendor.co.uk` it is wrong, and the person who is asked sees it."""
        return self.host.partition(".")[2] if self.host.count(".") > 1 else self.host


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

    def answer(self, known: Known, said: str) -> str:
        """What was said, as it is kept. Raises Unusable, and for a real site it does so for what .env.example invents too."""
        value = self.read(known)(said)
        if known.is_production and is_leftover(value):
            raise Unusable("it is the example's: give your own.")
        return value


@dataclass(frozen=True)
class Group:
    title: str
    questions: tuple[Question, ...]
    refused: Callable[[Known], str] = nothing
    """Tries what was answered: what is wrong, in a sentence; or ""."""
