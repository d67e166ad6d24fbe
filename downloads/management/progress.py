"""How far a command is that reads many large files."""

from django.core.management.base import OutputWrapper

from infacta.progress import Progress


class BytesRead(Progress):
    """Bytes read of all bytes."""

    def __init__(self, stream: OutputWrapper, total: int) -> None:
        super().__init__(stream)
        self.read, self.total = 0, total

    def __call__(self, count: int) -> None:
        self.read += count
        self.show(f"{self.read / 1e6:,.0f} of {self.total / 1e6:,.0f} MB read")
