"""How far a command is that reads many large files."""

import time

from django.core.management.base import OutputWrapper

REDRAW = 0.5


class Progress:
    """Bytes read of all bytes, on a terminal alone; `clear` makes room for a line of the command's own."""

    def __init__(self, stream: OutputWrapper, total: int) -> None:
        self.stream, self.total = stream, total
        self.read, self.drawn_at = 0, 0.0
        self.is_shown = stream.isatty()

    def __call__(self, count: int) -> None:
        self.read += count
        if self.is_shown and time.monotonic() - self.drawn_at > REDRAW:
            self.drawn_at = time.monotonic()
            self.stream.write(f"\r{self.read / 1e6:,.0f} of {self.total / 1e6:,.0f} MB read", style_func=str, ending="")
            self.stream.flush()

    def clear(self) -> None:
        if self.is_shown and self.drawn_at:
            self.stream.write("\r\033[K", style_func=str, ending="")
            self.stream.flush()
