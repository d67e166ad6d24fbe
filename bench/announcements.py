"""Announcements: how fast they go out beside others, what is left of workers, servers and counters under fire, and a million recipients.

smtp-sink of Debian's postfix on loopback; mails of about 5 KB.
"""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from django.db import connection
from django.utils import timezone

from accounts.models import User
from announcements.models import Announcement, Delivery, Mailbox, State
from announcements.sending import rate, starting, working
from announcements.sending.frozen import Frozen, Recipient
from announcements.sending.listing import list_range
from bench import stage
from bench.announcements_fire import under_fire
from bench.figures import Figure

RECIPIENTS = 12_000
SLOW = 3_000  # for those that need no more to be measured
ROUNDS = int(os.environ.get("ROUNDS", "3"))
NEWSLETTER_PYTHON = os.environ.get("NEWSLETTER_PYTHON", "")
MILLION = 1_000_000
BODY = "Notebook 3.1 opens faster, and finds what you wrote years ago. " * 30


def announcement(**values: object) -> Announcement:
    number = Announcement.objects.count()
    row = Announcement.objects.create(
        subject="Notebook 3.1 is here", body=BODY, slug=f"bench-{number}", state=State.SCHEDULED, send_at=timezone.now(), **values
    )
    assert starting.begin(row)
    row.refresh_from_db()
    return row


def fill(count: int) -> None:
    """So many customers and no others, `r0@example.com` and so on."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE announcements_mailbox, announcements_delivery, announcements_announcement CASCADE")
        cursor.execute("DELETE FROM accounts_user WHERE NOT is_staff")
        cursor.execute(
            "INSERT INTO accounts_user (email, email_key, name, is_staff, is_superuser, greets, opened_at, version, password, company, address1, "
            "address2, city, region, postal_code, country, telephone, fax, greeting, language, time_zone) "
            "SELECT 'r' || n || '@example.com', 'r' || n || '@example.com', 'Reader ' || n, false, false, true, now(), 0, "
            "'', '', '', '', '', '', '', '', '', '', '', '', '' FROM generate_series(0, %s) n",
            [count - 1],
        )
        cursor.execute("ANALYZE accounts_user")


def listed(count: int) -> Announcement:
    fill(count)
    row = announcement()
    working.prepare(row, until=time.monotonic() + 3600)
    assert row.total == count
    return row


@contextmanager
def sink(*options: str) -> Iterator[subprocess.Popen[bytes]]:
    process = stage.start(stage.need("smtp-sink", "postfix"), "-u", "root", *options, f"127.0.0.1:{stage.SMTP_PORT}", "200")
    try:
        stage.await_port(stage.SMTP_PORT, process)
        yield process
    finally:
        stage.stop(process)


def in_parallel(mails: int, *commands: list[str], **environment: str) -> float:
    """Mails a second of processes that send so many together; what they need to start is not counted."""
    workers = [
        subprocess.Popen(
            command, cwd=stage.ROOT, env=os.environ | environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        for command in commands
    ]
    for worker in workers:
        assert worker.stdout
        assert worker.stdout.readline() == b"READY\n"
    began = time.monotonic()
    for worker in workers:
        assert worker.stdin
        worker.stdin.write(b"GO\n")
        worker.stdin.flush()
    for worker in workers:
        worker.communicate()
        assert worker.returncode == 0
    return mails / (time.monotonic() - began)


def sender(*words: object) -> list[str]:
    return [sys.executable, "-m", "bench.announcements_senders", *map(str, words)]


def ours(recipients: int, intents: int) -> float:
    row = listed(recipients)
    speed = in_parallel(recipients, *[sender("ours", row.pk)] * 2, ANNOUNCEMENTS_INTENTS=str(intents))
    row.refresh_from_db()
    assert (row.state, row.sent) == (State.SENT, recipients), (row.state, row.sent)
    return speed


def speed() -> Iterator[Figure]:
    """Ours beside a bare pipelined sender, beside Django's own mails over one connection, and, with K=1, beside smtplib. In turns, medians."""
    found: dict[str, list[float]] = {}
    with sink():
        size = len(Frozen(listed(1)).letter(Recipient(1, "r0@example.com", "0" * 32, "Reader 0", "customer"), datetime.now(UTC)).source)
        for _round in range(ROUNDS):
            for name, measure in (
                ("bare", lambda: in_parallel(RECIPIENTS, *[sender("bare", RECIPIENTS // 2, size)] * 2)),
                ("ours", lambda: ours(RECIPIENTS, 20)),
                ("smtplib", lambda: in_parallel(RECIPIENTS, *[sender("smtplib", RECIPIENTS // 2, size)] * 2)),
                ("ours, K=1", lambda: ours(SLOW, 1)),
                ("Django", lambda: in_parallel(SLOW, sender("django", SLOW, size))),
                ("newsletter", newsletter_speed),
            ):
                found.setdefault(name, []).append(measure())
    at = {name: statistics.median(values) for name, values in found.items()}
    yield Figure("a mail", size / 1000, "kB")
    for name, value in at.items():
        yield Figure(f"mails a second, {name}", value)

    def ratio(of: str, to: str) -> float:
        return statistics.median(a / b for a, b in zip(found[of], found[to], strict=True))

    yield Figure("two workers, K=20 / two bare pipelined senders", ratio("ours", "bare"), goal=0.5)
    yield Figure("two workers, K=20 / a loop over EmailMultiAlternatives", ratio("ours", "Django"), goal=5)
    yield Figure("two workers, K=1 / two smtplib loops", ratio("ours, K=1", "smtplib"), goal=0.25)
    rival = "django-newsletter" if NEWSLETTER_PYTHON else "three renderings, MIME and a new connection a mail, as django-newsletter does"
    yield Figure(f"two workers, K=20 / {rival}", ratio("ours", "newsletter"), goal=5)


def newsletter_speed() -> float:
    """django-newsletter itself, where NEWSLETTER_PYTHON names a Python that has it; otherwise what it does for each mail, done anew: three templates
    are rendered, MIME is made, a connection is opened."""
    if not NEWSLETTER_PYTHON:
        return in_parallel(SLOW // 3, sender("newsletter", SLOW // 3))
    (stage.FOLDER / "newsletter.sqlite3").unlink(missing_ok=True)
    script = str(stage.ROOT / "bench" / "announcements_newsletter.py")
    return in_parallel(SLOW // 3, [NEWSLETTER_PYTHON, script, str(stage.SMTP_PORT), str(SLOW // 3), str(stage.FOLDER)])


def killed() -> Iterator[Figure]:
    """12,000 recipients; two workers of Celery and beat; eight SIGKILLs; Redis and PostgreSQL are restarted once each."""
    yield from under_fire(RECIPIENTS)


def million() -> Iterator[Figure]:
    """A million customers listed and begun: time, memory of the worker, and when a pause and a leaving take effect."""
    fill(MILLION)
    row = announcement()
    curve, began = [], time.monotonic()
    while list_range(row):
        if row.total % 100_000 == 0:
            curve.append(resident())
    working.prepare(row, until=time.monotonic() + 60)
    took = time.monotonic() - began
    yield Figure("a million recipients, listed", took, "s", goal=60, at_most=True)
    yield Figure("a million recipients, rows", Delivery.objects.count(), goal=MILLION)
    print("announcements: memory of the worker at each 100,000: " + ", ".join(f"{megabytes:.1f}" for megabytes in curve) + " MB")
    with sink():
        before = resident()
        more = []
        for _time in range(6):
            working.work(row.pk, 5)
            more.append(resident())
        row.refresh_from_db()
        print(
            f"announcements: memory of the worker while {row.sent:,} went out: "
            + ", ".join(f"{megabytes:.1f}" for megabytes in more)
            + " MB"
        )
        yield Figure("memory of the worker, growth while it listed", curve[-1] - curve[0], "MB", goal=10, at_most=True)
        yield Figure("memory of the worker, growth while it sent", more[-1] - more[0], "MB", goal=10, at_most=True)
        yield Figure("memory of the worker, for the sending itself", more[0] - before, "MB")
        yield from stopping(row)


def stopping(row: Announcement) -> Iterator[Figure]:
    """A pause, and a leaving, while two workers send; how many went out after it."""
    workers = [stage.start(sys.executable, "-m", "bench.announcements_senders", "quietly", str(row.pk)) for _number in range(2)]
    try:
        sent_before = row.sent
        wait_for(lambda: Announcement.objects.get(pk=row.pk).sent > sent_before + 1000)
        last = Mailbox.objects.filter(deliveries__announcement=row, deliveries__state="pending").order_by("-pk").first()
        assert last
        User.objects.get(pk=last.user_id).opt_out("preferences")  # type: ignore[arg-type]
        row.pause("bench")
        at_pause = Announcement.objects.get(pk=row.pk).sent
        time.sleep(3)
        row.refresh_from_db()
        yield Figure("mails after a pause, two workers", row.sent - at_pause, goal=2 * rate.CHUNK, at_most=True)
        row.resume()
        Delivery.objects.filter(announcement=row, mailbox=last).update(next_try_at=datetime(2000, 1, 1, tzinfo=UTC))
        wait_for(lambda: Delivery.objects.get(announcement=row, mailbox=last).state in ("sent", "skipped"))
        yield Figure(
            "mails to one who left while it was sent",
            Delivery.objects.filter(announcement=row, mailbox=last, state="sent").count(),
            goal=0,
            at_most=True,
        )
    finally:
        for worker in workers:
            stage.stop(worker)
        row.cancel()


def wait_for(reached: Callable[[], bool], most: float = 120) -> None:
    deadline = time.monotonic() + most
    while not reached() and time.monotonic() < deadline:
        time.sleep(0.02)


def resident() -> float:
    """Megabytes of this process."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6


def spam_score() -> Iterator[Figure]:
    """What SpamAssassin thinks of the announcement that the site makes by itself, as it comes out at the other end; network tests are off."""
    folder = stage.FOLDER / "sunk"
    folder.mkdir()
    row = listed(1)
    source = Frozen(row).letter(Recipient(1, "r0@example.com", "0" * 32, "Reader 0", "customer"), datetime.now(UTC)).source
    arrived = b"Received: from relay.vendor.example (relay.vendor.example [192.0.2.1])\r\n\tby mx.example.com with ESMTPS\r\n\tfor <r0@example.com>; "
    arrived += datetime.now(UTC).strftime("%a, %d %b %Y %H:%M:%S +0000").encode() + b"\r\n" + source
    report = subprocess.run([stage.need("spamassassin", "spamassassin"), "-L", "-t"], input=arrived, capture_output=True, check=True)
    text = report.stdout.decode(errors="replace")
    status = text[text.index("X-Spam-Status:") :].split("\n\n")[0]
    score = float(status.partition("score=")[2].split()[0])
    print("announcements: SpamAssassin's tests: " + " ".join(status.partition("tests=")[2].partition("autolearn")[0].split()))
    yield Figure("SpamAssassin's score of the default announcement", score, goal=1.0, at_most=True)


MEASURES = (speed, killed, million, spam_score)
