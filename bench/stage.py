"""The stage of the benchmarks: a database, servers and workers of their own, on this host, torn down at the end.

Importing this module does nothing; `prepare()` sets the environment, the database and Django.
"""

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent
POSTGRES = os.environ.get("DATABASE_URL", "postgres://postgres@127.0.0.1:5432/infacta_bench")
REDIS = os.environ.get("REDIS_URL", "redis://127.0.0.1:6379/8")
SECRET = "whsec_" + "QmVuY2htYXJrcyBzaWduIHdpdGggdGhpcyBrZXkgYWxvbmU="
FOLDER = Path(tempfile.gettempdir()) / f"infacta-bench-{os.getpid()}"
SMTP_PORT = 8197

ENVIRONMENT = {
    "DJANGO_SETTINGS_MODULE": "infacta.settings",
    "INFACTA_MODE": "development",
    "ENV_FILE": os.devnull,
    "DATABASE_URL": POSTGRES,
    "REDIS_URL": REDIS,
    "REDIS_PREFIX": "infacta-bench:",
    "DATA_DIR": str(FOLDER),
    "EMAIL_URL": f"smtp://127.0.0.1:{SMTP_PORT}",
    "STANDARD_WEBHOOKS_SECRETS": SECRET,
    "LOG_LEVEL": "WARNING",
    "PYTHONPATH": str(ROOT),
}


def need(program: str, package: str) -> str:
    """The path of a program, or an end with a sentence that says what to install."""
    path = shutil.which(program)
    if not path:
        sys.exit(f"The benchmarks need {program}: install the package {package}.")
    return path


def prepare() -> None:
    """A fresh database with all tables, static files, and Django set up in this process.

    The database is dropped first, so one whose name does not end in _bench is refused.
    """
    import django

    if not urlsplit(POSTGRES).path.endswith("_bench"):
        sys.exit(f"The benchmarks drop and create the database that DATABASE_URL names; {POSTGRES!r} does not end in _bench.")
    FOLDER.mkdir()
    os.environ |= ENVIRONMENT
    recreate_database()
    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)


def recreate_database() -> None:
    import psycopg2

    server, _, name = POSTGRES.rpartition("/")
    connection = psycopg2.connect(f"{server}/postgres")
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        cursor.execute(f'CREATE DATABASE "{name}"')
    connection.close()


def start(*command: str, **environment: str) -> subprocess.Popen[bytes]:
    """A process in a group of its own; what it prints goes to a file of the stage."""
    output = (FOLDER / f"{Path(command[0]).name}.log").open("ab")
    return subprocess.Popen(command, cwd=ROOT, env=os.environ | environment, stdout=output, stderr=output, start_new_session=True)


def stop(process: subprocess.Popen[bytes], how: signal.Signals = signal.SIGTERM) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, how)
    process.wait(timeout=60)


def program(name: str) -> str:
    """A command of this Python's own environment."""
    return str(Path(sys.executable).with_name(name))


def await_port(port: int, process: subprocess.Popen[bytes]) -> None:
    for _try in range(200):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        if process.poll() is not None:
            break
        time.sleep(0.1)
    logs = "\n".join(path.read_text()[-2000:] for path in FOLDER.glob("*.log"))
    sys.exit(f"Nothing listens at port {port}.\n{logs}")


@contextlib.contextmanager
def gunicorn(application: str, port: int, workers: int = 2, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    """`application` on `port`, with sync workers as behind nginx."""
    process = start(
        program("gunicorn"),
        application,
        "--bind",
        f"127.0.0.1:{port}",
        "--workers",
        str(workers),
        "--worker-class",
        "sync",
        "--config",
        os.devnull,
        **environment,
    )
    try:
        await_port(port, process)
        yield process
    finally:
        stop(process)


@contextlib.contextmanager
def nginx(server: str, port: int, http: str = "") -> Iterator[None]:
    """nginx with one server block, whose inside is `server`; `http` stands before it."""
    folder = FOLDER / "nginx"
    folder.mkdir(exist_ok=True)
    configuration = folder / "nginx.conf"
    configuration.write_text(
        f"daemon off; user root; pid {folder}/pid; error_log {folder}/error.log; worker_processes 1;"
        "events { worker_connections 256; }"
        f"http {{ access_log off; sendfile on; tcp_nopush on; client_body_temp_path {folder}; proxy_temp_path {folder}; {http}"
        f"server {{ listen 127.0.0.1:{port}; {server} }} }}"
    )
    process = start(need("nginx", "nginx-light"), "-p", str(folder), "-c", str(configuration))
    try:
        await_port(port, process)
        yield
    finally:
        stop(process)


def requests_per_second(url: str, seconds: int = 2, connections: int = 4, **headers: str) -> float:
    """What wrk counts of complete answers; an answer other than 2xx ends the benchmark, for it would measure something else."""
    command = [need("wrk", "wrk"), "-t1", f"-c{connections}", f"-d{seconds}s"]
    command += [f"-H{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    report = subprocess.run([*command, url], capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in report or "Socket errors" in report:
        sys.exit(f"Not every request to {url} was answered well:\n{report}")
    found = re.search(r"Requests/sec:\s+([\d.]+)", report)
    assert found, report
    return float(found[1])


def memory_of(process: subprocess.Popen[bytes]) -> int:
    """Resident bytes of a process and its children."""
    pids = [
        str(process.pid),
        *subprocess.run(["pgrep", "-P", str(process.pid)], capture_output=True, text=True, check=False).stdout.split(),
    ]
    pages = [int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in pids]
    return sum(pages) * os.sysconf("SC_PAGE_SIZE")


def cpu_of(process: subprocess.Popen[bytes]) -> float:
    """Seconds of processor time that the children of a process have taken, such as gunicorn's workers; of one thread each."""
    children = subprocess.run(["pgrep", "-P", str(process.pid)], capture_output=True, text=True, check=True).stdout.split()
    return sum(int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) for pid in children) / 1e9


def tear_down() -> None:
    shutil.rmtree(FOLDER, ignore_errors=True)
