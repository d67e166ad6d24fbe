"""The site on its real servers, on the test's own database and disk: gunicorn, and nginx before it as deploy/nginx/infacta.conf has it."""

import http.client
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings as site
from django.test import Client

from bench.own_servers import free_port
from tests.databases import database_address
from tests.nginx import Nginx
from tests.waiting import wait_for


@contextmanager
def gunicorn_on(folder: Path, **variables: str) -> Iterator[int]:
    """The port of a gunicorn that keeps its files in this folder."""
    port = free_port()
    own = {"DATABASE_URL": database_address(), "DATA_DIR": str(folder), "PORT": str(port), "WEB_WORKERS": "1", "LOG_LEVEL": "ERROR"}
    log = (folder / "gunicorn.log").open("w")
    command = [Path(sys.executable).with_name("gunicorn"), "infacta.wsgi"]
    process = subprocess.Popen(command, cwd=site.BASE_DIR, env=os.environ | own | variables, stdout=log, stderr=log)
    try:
        wait_for(lambda: answers(port))
        yield port
    finally:
        process.terminate()
        process.wait(10)
        log.close()


@contextmanager
def nginx_before(port: int, folder: Path) -> Iterator[Nginx]:
    """The real nginx before the site at this port; its logs lie in the folder too."""
    # aria2c names no host without a dot when it greets; the default server, which refuses such, has the certificate too here.
    certificate = f"ssl_certificate {folder}/fullchain.pem; ssl_certificate_key {folder}/privkey.pem;"
    with Nginx(folder, port, "localhost", {"ssl_reject_handshake on;": certificate}).running() as server:
        yield server


def answers(port: int) -> bool:
    try:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        connection.request("GET", "/contact/")
        return connection.getresponse().status == 200
    except OSError:
        return False


def cookies_of(client: Client) -> str:
    return "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())
