"""The site on its real server, gunicorn, in a process of its own with a database of its own."""

import http.client
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.own_servers import free_port

ROOT = Path(__file__).resolve().parents[1]


@contextmanager
def served(folder: Path, **variables: str) -> Iterator[int]:
    """The port of a site that keeps all it has in `folder`, with these variables in its environment."""
    port = free_port()
    own = {
        "INFACTA_MODE": "test",
        "PORT": str(port),
        "WEB_WORKERS": "1",
        "DATA_DIR": str(folder),
        "DATABASE_URL": f"sqlite:///{folder}/site.sqlite3",
    }
    environment = os.environ | own | variables
    subprocess.run([sys.executable, "manage.py", "migrate", "--verbosity", "0"], cwd=ROOT, env=environment, check=True)
    server = subprocess.Popen(
        [Path(sys.executable).with_name("gunicorn"), "infacta.wsgi"], cwd=ROOT, env=environment, stderr=subprocess.DEVNULL
    )
    try:
        await_answer(port)
        yield port
    finally:
        server.terminate()
        server.wait(40)  # gunicorn gives a process 30 seconds to come to its end, and on a busy machine one may just be starting


def await_answer(port: int) -> None:
    for _try in range(200):
        try:
            return ask(port, "/privacy/") and None
        except OSError:
            time.sleep(0.1)
    raise AssertionError("the server never answered")


def ask(port: int, path: str, method: str = "GET", body: str = "", **headers: str) -> http.client.HTTPResponse:
    """The answer to one request; its body is read already and stands at `answer.text`."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
    answer = connection.getresponse()
    answer.text = answer.read().decode()  # type: ignore[attr-defined]
    connection.close()
    return answer
