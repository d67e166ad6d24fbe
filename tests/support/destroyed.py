"""Cases that are due, and what is left of them."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.utils import timezone

from support.cases.closing import close
from support.models import Case, Destruction
from tests.support.cases import make_case


def due_case(**asked: Any) -> Case:
    """A case that was closed, and whose day has come a minute ago."""
    case = make_case(**asked)
    close(case)
    return make_due(case, timedelta(minutes=1))


def make_due(case: Case, ago: timedelta) -> Case:
    Case.objects.filter(pk=case.pk).update(destroy_at=timezone.now() - ago)
    return Case.objects.get(pk=case.pk)


def try_again_now() -> None:
    """As when the pause, or the lease of whoever was killed, were over."""
    Destruction.objects.unfinished().update(next_try_at=timezone.now())


def everything_in(*folders: Path) -> bytes:
    """All file names and contents below."""
    paths = [path for folder in folders if folder.exists() for path in folder.rglob("*")]
    return b"\n".join(str(path).encode() + b"\n" + (path.read_bytes() if path.is_file() else b"") for path in paths)


@contextmanager
def in_the_way(path: Path) -> Iterator[None]:
    """A directory with something in it lies at the file's place, so that nobody, not even root, can unlink it."""
    path.unlink()
    (path / "stone").mkdir(parents=True)
    yield
    (path / "stone").rmdir()
    path.rmdir()
