"""gunicorn: threads, so that a long upload or a slow client blocks nobody; the port and the number of workers from the environment.

Nothing of the site may be imported here but inside functions: what the master has imported, workers inherit, and a reload would not bring its new code.
"""

import mmap
import os
import shutil
import tempfile
import time
from logging.config import DictConfigurator
from typing import Any

from gunicorn.glogging import Logger
from gunicorn.workers.gthread import ThreadWorker
from pythonjsonlogger.json import JsonFormatter

bind = os.environ.get("BIND", f"127.0.0.1:{os.environ.get('PORT', '8000')}")
workers = int(os.environ.get("WEB_WORKERS", "2"))
threads = int(os.environ.get("WEB_THREADS", "4"))
timeout = 120
graceful_timeout = 30
max_requests = 10_000
max_requests_jitter = 1_000
forwarded_allow_ips = os.environ.get("TRUSTED_PROXIES", "127.0.0.1,::1")
header_map = "drop"
limit_request_line = 8190  # as long as nginx takes; what is longer, nginx refuses with a page
accesslog = os.environ.get("ACCESS_LOG") or None

# The privacy policy promises that the web log holds the page, the time, the address and the browser's name: nothing else goes in.
access_log_format = '%(h)s - - %(t)s "%(r)s" %(s)s %(b)s "%(a)s"'


class WebLog(Logger):
    def atoms(self, resp: Any, req: Any, environ: dict[str, Any], request_time: Any) -> dict[str, Any]:
        from infacta.web_log import shown  # in the worker, see above

        atoms = super().atoms(resp, req, environ, request_time)
        return atoms | {"r": f"{atoms['m']} {shown(environ.get('RAW_URI', ''))} {atoms['H']}"}

    def setup(self, cfg: Any) -> None:
        """In the master, which says no more than what starts and stops."""
        super().setup(cfg)
        if os.environ.get("LOG_FORMAT") == "json":
            form = JsonFormatter(["levelname", "name", "message"], rename_fields={"levelname": "level", "name": "logger"}, timestamp="time")
            for handler in self.error_log.handlers:
                handler.setFormatter(form)

    def speak_as_the_site(self) -> None:
        """In a worker, whose complaints name requests: lines like the site's, with the same left out."""
        from infacta.log_lines import FORMATTERS
        from infacta.web_log import HideLinks

        form = FORMATTERS.get(os.environ.get("LOG_FORMAT", "text"), FORMATTERS["text"])
        for handler in self.error_log.handlers:
            handler.addFilter(HideLinks())
            handler.setFormatter(DictConfigurator({}).configure_formatter(dict(form)))


logger_class = WebLog
control_socket_disable = True

# A reload (HUP): gunicorn stops the old workers as soon as it has forked the new ones, and those need seconds to read the site. Here the old ones
# serve until the first new one is ready, so that nobody waits.

PATIENCE = 25.0
"""Seconds after which an old worker goes in any case; less than graceful_timeout, in which gunicorn waits for it."""


class PatientWorker(ThreadWorker):
    """Told to go by a reload, it goes when a worker of the newer generation is ready; told a second time, or by a stop, it goes at once."""

    generation = 0
    ready: mmap.mmap
    """One byte that all processes share: the generation that is ready."""
    newest: mmap.mmap
    """And the one that is being started."""
    leaves_at = 0.0

    def handle_exit(self, sig: int, frame: Any) -> None:
        if self.newest[0] != self.generation and not self.leaves_at:
            self.leaves_at = time.monotonic() + PATIENCE
        else:
            super().handle_exit(sig, frame)

    def notify(self) -> None:
        """Called about once a second, and after each event."""
        super().notify()
        if self.leaves_at and self.alive and (self.ready[0] == self.newest[0] or time.monotonic() > self.leaves_at):
            super().handle_exit(0, None)


worker_class = PatientWorker


figures = os.environ.get("PROMETHEUS_MULTIPROC_DIR", "")


def on_starting(server: Any) -> None:
    """The processes count requests in files of one folder, so that whichever is asked can tell the sum (docs/monitoring.md)."""
    server.generations = (mmap.mmap(-1, 1), mmap.mmap(-1, 1))
    if not figures:
        os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", tempfile.mkdtemp(prefix="infacta-figures-"))


def on_exit(server: Any) -> None:
    if not figures:
        shutil.rmtree(os.environ.get("PROMETHEUS_MULTIPROC_DIR", ""), ignore_errors=True)


def on_reload(server: Any) -> None:
    _ready, newest = server.generations
    newest[0] = (newest[0] + 1) % 256


def pre_fork(server: Any, worker: PatientWorker) -> None:
    worker.ready, worker.newest = server.generations
    worker.generation = worker.newest[0]


def post_fork(server: Any, worker: PatientWorker) -> None:
    worker.log.speak_as_the_site()


def post_worker_init(worker: PatientWorker) -> None:
    worker.ready[0] = worker.generation
