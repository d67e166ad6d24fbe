"""An SMTP server that takes everything and writes down each Message-ID: `python -m bench.sink PORT FILE`."""

import sys
import threading
from email import message_from_bytes
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller


class Sink:
    def __init__(self, path: Path) -> None:
        self.path = path

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        with self.path.open("a") as file:
            file.write(f"{message_from_bytes(envelope.content)['Message-ID']}\n")
        return "250 Taken"


if __name__ == "__main__":
    Controller(Sink(Path(sys.argv[2])), hostname="127.0.0.1", port=int(sys.argv[1])).start()
    threading.Event().wait()
