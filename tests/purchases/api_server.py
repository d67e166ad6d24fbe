"""A partner's API on a real port of this machine: it answers what a test put there, and keeps what it was asked."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Answer:
    """What is answered: JSON, or raw bytes; `drip` is how many seconds pass after each byte."""

    content: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    drip: float = 0

    @property
    def body(self) -> bytes:
        return self.content if isinstance(self.content, bytes) else json.dumps(self.content).encode()


@dataclass
class Api:
    address: str
    answers: dict[str, Answer] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def answer(self, path: str, content: Any = None, **how: Any) -> None:
        self.answers[path] = Answer(content, **how)


@contextmanager
def api_server() -> Iterator[Api]:
    stopped = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            api.asked.append((self.path, dict(self.headers.items())))
            answer = api.answers.get(self.path, Answer({"success": False, "message": "not found"}, 404))
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.end_headers()
            if not answer.drip:
                self.wfile.write(answer.body)
            while answer.drip and not stopped.wait(answer.drip):
                self.wfile.write(b" ")
                self.wfile.flush()

        def log_message(self, *args: Any) -> None:
            """Nothing: tests read their own output."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    api = Api(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield api
    finally:
        stopped.set()
        server.shutdown()
        server.server_close()
        thread.join()
