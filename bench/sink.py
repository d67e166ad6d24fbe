"""An SMTP server that takes everything and writes down each Message-ID: `python -m bench.sink PORT FILE`; with a FOLDER, also the latest mail to each address."""

import sys
import threading
from email import message_from_bytes
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller


class Sink:
    def __init__(self, path: Path, folder: Path | None) -> None:
        self.path, self.folder = path, folder

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        with self.path.open("a") as file:
            file.write(f"{message_from_bytes(envelope.content)['Message-ID']}\n")
        for address in envelope.rcpt_tos if self.folder else ():
            (self.folder / f".{address}").write_bytes(envelope.content)
            (self.folder / f".{address}").rename(self.folder / address)
        return "250 Taken"


if __name__ == "__main__":
    folder = Path(sys.argv[3]) if len(sys.argv) > 3 else None
    Controller(Sink(Path(sys.argv[2]), folder), hostname="127.0.0.1", port=int(sys.argv[1])).start()
    threading.Event().wait()
