"""One worker that sends an announcement until nothing is left: `python -m bench.announcements_worker ANNOUNCEMENT`."""

import sys

import django

django.setup()

from announcements import sending  # noqa: E402

if __name__ == "__main__":
    while sending.work(int(sys.argv[1]), 30):
        pass
