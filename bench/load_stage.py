"""The site of the mixed load, as in production: nginx with TLS, gunicorn behind a held socket, workers and beat, PostgreSQL and Redis of its own."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

from bench import stage
from bench.own_nginx import HOST, OwnNginx
from bench.own_servers import HeldSocket, OwnPostgres, OwnRedis, can_have_postgres, gunicorn

WORKERS = 2
SECONDS_TO_STOP = 60


class Site:
    """Everything that runs, and what is done to it in between."""

    def __init__(self) -> None:
        if not can_have_postgres():
            sys.exit("The mixed load needs PostgreSQL's own programs: install the package postgresql.")
        for name, package in (("redis-server", "redis-server"), ("nginx", "nginx-light"), ("openssl", "openssl")):
            stage.need(name, package)
        self.folder = stage.FOLDER
        self.postgres, self.redis, self.socket = OwnPostgres(), OwnRedis(), HeldSocket()
        self.nginx: OwnNginx | None = None
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.variables = {
            "DATABASE_URL": self.postgres.url,
            "REDIS_URL": self.redis.url,
            "SITE_URL": f"https://{HOST}",
            "TRUSTED_PROXIES": "127.0.0.1",
            "DOWNLOADS_DELIVERY": "nginx",
            "LOG_LEVEL": "WARNING",
            "WEB_WORKERS": "2",
            "PYTHONWARNINGS": "ignore",
        }
        self.mails = self.folder / "mails"
        self.mails.mkdir()

    def start(self) -> None:
        self.processes["sink"] = self.run(sys.executable, "-m", "bench.sink", str(stage.SMTP_PORT), os.devnull, str(self.mails))
        self.start_web()
        for number in range(WORKERS):
            self.start_worker(number)
        celery = stage.program("celery")
        self.processes["beat"] = self.run(
            celery, "-A", "infacta", "beat", "-s", str(self.folder / "beat"), "--pidfile=", "--loglevel", "WARNING"
        )
        self.nginx = OwnNginx(self.folder, self.socket.port)

    def run(self, *command: str) -> subprocess.Popen[bytes]:
        return stage.start(*command, **self.variables)

    def start_web(self) -> None:
        with (self.folder / "gunicorn.log").open("ab") as output:
            self.processes["web"] = self.socket.start(gunicorn(), output, **self.variables)

    def start_worker(self, number: int) -> None:
        name = f"worker{number}"
        self.processes[name] = self.run(
            *(stage.program("celery"), "-A", "infacta", "worker", "-c", "1", "-n", f"{name}@%h", "--loglevel", "WARNING")
        )

    # What is done to it

    def reload_web(self) -> None:
        self.processes["web"].send_signal(signal.SIGHUP)

    def restart_web(self) -> None:
        """As systemd does it: the old one finishes what it has, then the new one starts; the socket stays open."""
        self.processes["web"].send_signal(signal.SIGTERM)
        self.processes["web"].wait(SECONDS_TO_STOP)
        self.start_web()

    def kill_worker(self) -> None:
        stage.stop(self.processes["worker0"], signal.SIGKILL)
        self.start_worker(0)

    def restart_worker(self) -> None:
        self.processes["worker1"].send_signal(signal.SIGTERM)
        self.processes["worker1"].wait(SECONDS_TO_STOP)
        self.start_worker(1)

    def restart_redis(self) -> None:
        self.redis.stop()
        self.redis.start()

    def kill_redis(self) -> None:
        self.redis.kill()
        self.redis.start()

    def restart_postgres(self) -> None:
        self.postgres.restart()

    def end(self) -> None:
        for process in self.processes.values():
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(20)
        for server in (self.nginx, self.socket, self.redis, self.postgres):
            if server:
                server.end()


@contextlib.contextmanager
def running() -> Iterator[Site]:
    site = Site()
    try:
        copy_tables(site)
        yield site
    finally:
        if keep := os.environ.get("BENCH_KEEP_LOGS"):
            shutil.copytree(stage.FOLDER, keep, dirs_exist_ok=True, ignore=shutil.ignore_patterns("mails", "releases", "static"))
        site.end()


def copy_tables(site: Site) -> None:
    """The stage's empty tables into the own cluster, and this process's Django with them."""
    from django.db import connection

    dump = subprocess.run([stage.need("pg_dump", "postgresql-client"), stage.POSTGRES], check=True, capture_output=True).stdout
    subprocess.run(["psql", "-q", "-v", "ON_ERROR_STOP=1", site.postgres.url], input=dump, check=True, stdout=subprocess.DEVNULL)
    connection.close()
    connection.settings_dict |= {"HOST": "127.0.0.1", "PORT": site.postgres.port, "NAME": "infacta", "USER": "postgres", "PASSWORD": ""}


def await_answer(site: Site, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    command = [
        "curl",
        "-sko",
        os.devnull,
        "-w",
        "%{http_code}",
        "--resolve",
        f"{HOST}:{site.nginx.port}:127.0.0.1",
        f"https://{HOST}:{site.nginx.port}/contact/",
    ]
    while subprocess.run(command, capture_output=True, text=True, check=False).stdout != "200":
        if time.monotonic() > end:
            sys.exit(
                "The site of the mixed load did not answer:\n" + "\n".join(path.read_text()[-2000:] for path in stage.FOLDER.glob("*.log"))
            )
        time.sleep(0.2)
