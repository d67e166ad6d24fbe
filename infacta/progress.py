"""How far a command is, for whoever watches it at a terminal."""

import time

from django.core.management.base import OutputWrapper

REDRAW = 0.5  # seconds


class Progress:
    """One line that is written over, on a terminal alone, about twice a second; `clear` makes room for a line of the command's own."""

    def __init__(self, stream: OutputWrapper) -> None:
        self.stream, self.drawn_at = stream, 0.0
        self.is_shown = stream.isatty()

    def show(self, text: str) -> None:
        now = time.monotonic()
        if self.is_shown and now - self.drawn_at > REDRAW:
            self.drawn_at = now
            self._write(f"\r\033[K{text}")

    def clear(self) -> None:
        if self.is_shown and self.drawn_at:
            self._write("\r\033[K")

    def _write(self, text: str) -> None:
        self.stream.write(text, style_func=str, ending="")
        self.stream.flush()
