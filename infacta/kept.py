"""Values kept in the memory of this process for a short while, and gone after it even if nobody ever asks again.

Django's own cache in memory forgets a value only when somebody asks for it, or when room is needed: too late for unlock codes.
"""

import time
from threading import Lock, Timer
from typing import Generic, TypeVar

Value = TypeVar("Value")
MOST = 1000


class Kept(Generic[Value]):
    """Each value lives `seconds`; of more than `most` the oldest goes. A timer runs while there is anything to forget."""

    def __init__(self, seconds: float, most: int = MOST) -> None:
        self.seconds, self.most = seconds, most
        self.values: dict[str, tuple[float, Value]] = {}
        self.lock = Lock()
        self.timer: Timer | None = None

    def get(self, key: str) -> Value | None:
        deadline, value = self.values.get(key, (0.0, None))
        return value if time.monotonic() < deadline else None

    def put(self, key: str, value: Value) -> None:
        with self.lock:
            self.values.pop(key, None)  # so that the order of the keys is that of their deadlines
            self.values[key] = (time.monotonic() + self.seconds, value)
            if len(self.values) > self.most:
                del self.values[next(iter(self.values))]
            if self.timer is None:
                self._wait(self.seconds)

    def clear(self) -> None:
        with self.lock:
            self.values.clear()

    def _wait(self, seconds: float) -> None:
        self.timer = Timer(seconds, self._forget)
        self.timer.daemon = True
        self.timer.start()

    def _forget(self) -> None:
        with self.lock:
            now = time.monotonic()
            for key in [key for key, (deadline, _value) in self.values.items() if deadline <= now]:
                del self.values[key]
            self.timer = None
            if self.values:
                self._wait(max(next(iter(self.values.values()))[0] - now, 0.0))
