"""Servers of one's own, to be stopped and killed at will: PostgreSQL, Redis, and the socket that systemd would hold for gunicorn.

The tests of failures use them too. They import nothing of Django.
"""

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).resolve().parent.parent
POSTGRES_PROGRAMS = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def can_have_postgres() -> bool:
    """PostgreSQL does not run as root: whoever is root needs the user `postgres`, as Debian's package makes it."""
    return bool(POSTGRES_PROGRAMS) and (os.geteuid() != 0 or "postgres" in {user.pw_name for user in pwd.getpwall()})


class OwnPostgres:
    """A cluster with its data in a folder of its own; commits wait for the disk, as in production."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="infacta-postgres-"))
        self.port = free_port()
        self.url = f"postgres://postgres@127.0.0.1:{self.port}/infacta"
        if os.geteuid() == 0:
            shutil.chown(self.folder, "postgres", "postgres")
        self.run("initdb", "-D", self.data, "-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C.UTF-8")
        self.start()
        self.run("createdb", "-h", "127.0.0.1", "-p", str(self.port), "-U", "postgres", "infacta")

    @property
    def data(self) -> str:
        return str(self.folder / "data")

    def run(self, name: str, *arguments: str) -> None:
        command = [str(POSTGRES_PROGRAMS[-1] / name), *arguments]
        if os.geteuid() == 0:
            command = ["runuser", "-u", "postgres", "--", *command]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/")

    def control(self, what: str, *more: str) -> None:
        options = (
            f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c max_connections=100 -c shared_buffers=64MB"
        )
        start = ("-o", options, "-l", str(self.folder / "log")) if what in ("start", "restart") else ()
        self.run("pg_ctl", "-D", self.data, "-w", "-t", "60", *start, what, *more)

    def start(self) -> None:
        self.control("start")

    def stop(self, how: str = "fast") -> None:
        self.control("stop", "-m", how)

    def restart(self) -> None:
        self.control("restart", "-m", "fast")

    def end(self) -> None:
        with contextlib.suppress(subprocess.CalledProcessError):
            self.stop("immediate")
        shutil.rmtree(self.folder, ignore_errors=True)


class OwnRedis:
    """A broker as docs/operating.md wants it: with an append-only file, and without eviction."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="infacta-redis-"))
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.start()

    def start(self) -> None:
        options = {"port": str(self.port), "bind": "127.0.0.1", "dir": str(self.folder), "appendonly": "yes", "save": ""}
        command = ["redis-server", *(part for name, value in options.items() for part in (f"--{name}", value))]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        await_port(self.port)

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(20)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(20)

    def end(self) -> None:
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


class HeldSocket:
    """What a `.socket` unit of systemd does: the port stays open while the service behind it is stopped, and whoever connects meanwhile waits."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self.port = int(self.listener.getsockname()[1])

    def start(self, command: list[str], output: IO[Any] | int = subprocess.DEVNULL, **environment: str) -> subprocess.Popen[bytes]:
        """The command with the socket as its file 3, told in LISTEN_FDS and LISTEN_PID as sd_listen_fds(3) says."""
        number = self.listener.fileno()
        shell = f'exec 3<&{number}; export LISTEN_FDS=1 LISTEN_PID=$$; exec "$@"'
        return subprocess.Popen(
            ["bash", "-c", shell, "-", *command],
            cwd=ROOT,
            env=os.environ | environment,
            pass_fds=[number],
            stdout=output,
            stderr=output,
            start_new_session=True,
        )

    def end(self) -> None:
        self.listener.close()


def gunicorn(*more: str) -> list[str]:
    """gunicorn as production runs it, with gunicorn.conf.py."""
    return [str(Path(sys.executable).with_name("gunicorn")), "infacta.wsgi", *more]


def await_port(port: int, seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    raise AssertionError(f"Nothing listens at port {port}.")


@contextlib.contextmanager
def ended(*servers: Any) -> Iterator[None]:
    try:
        yield
    finally:
        for server in servers:
            server.end()
