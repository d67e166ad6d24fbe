"""All figures in Prometheus's text format: what the processes counted, and what the rows say."""

import fcntl
import os
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.mmap_dict import MmapedDict
from prometheus_client.multiprocess import MultiProcessCollector

from infacta.kept import Kept
from operations.metrics.counting import REGISTRY
from operations.metrics.rows import Rows

KEPT_SECONDS = 5.0
kept: Kept[bytes] = Kept(KEPT_SECONDS, most=1)
reading = Lock()
ENDED = "0"
"""In the place of a process's number: the file of all that have ended."""


def exposed() -> bytes:
    """What the rows say is kept for some seconds, however many ask; what was counted is always of now."""
    return counted() + of_rows()


def counted() -> bytes:
    """What all processes of this host have counted, if gunicorn has given them a folder; otherwise what this one has."""
    folder = os.environ.get("PROMETHEUS_MULTIPROC_DIR", "")
    if not folder:
        return generate_latest(REGISTRY)
    with alone_in(Path(folder)):
        gather_ended(Path(folder))
        registry = CollectorRegistry()
        MultiProcessCollector(registry, path=folder)
        return generate_latest(registry)


def of_rows() -> bytes:
    with reading:
        if (text := kept.get("rows")) is None:
            registry = CollectorRegistry(auto_describe=False)
            registry.register(Rows())
            kept.put("rows", text := generate_latest(registry))
    return text


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    with (folder / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def gather_ended(folder: Path) -> None:
    """Add the files of processes that have ended up into one of each kind: gunicorn renews its workers, and each leaves two files behind."""
    ended: dict[str, list[Path]] = defaultdict(list)
    for path in folder.glob("*_*.db"):
        kind, _, number = path.stem.rpartition("_")
        if number != ENDED and not is_running(int(number)):
            ended[kind].append(path)
    for kind, paths in ended.items():
        whole = folder / f"{kind}_{ENDED}.db"
        add_up([*paths, *([whole] if whole.exists() else [])], whole)
        for path in paths:
            path.unlink()


def add_up(paths: list[Path], whole: Path) -> None:
    sums: dict[str, float] = defaultdict(float)
    for path in paths:
        for key, value, _timestamp, _position in MmapedDict.read_all_values_from_file(str(path)):
            sums[key] += value
    fresh = whole.with_suffix(".new")
    with suppress(FileNotFoundError):
        fresh.unlink()
    written = MmapedDict(str(fresh))
    for key, value in sums.items():
        written.write_value(key, value, 0.0)
    written.close()
    fresh.replace(whole)


def is_running(number: int) -> bool:
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
