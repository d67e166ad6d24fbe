"""A process that detects what is new and tells after each batch: events read, seconds, seconds of its own, resident bytes. Run by bench/misuse.py."""

import os
import sys
import time
from pathlib import Path

import django


def main(until: int) -> None:
    django.setup()
    from accounts.misuse import Outcome, detect_batch

    outcome, began, before = Outcome(), time.monotonic(), time.process_time()
    while detect_batch(until, outcome):
        resident = int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        print(outcome.events, time.monotonic() - began, time.process_time() - before, resident, outcome.findings, outcome.holds, flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]))
