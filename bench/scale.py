"""The same pages at 10,000, 100,000 and a million customers, side by side: three databases, three processes, and each measure in turn at each size.

BENCH_CUSTOMERS=10000,100000 is a quick run; BENCH_KEEP=1 uses databases that are filled already, and leaves them. The plans of key statements at
the largest size are left in bench/explain/, and so is the table of all times.
"""

import json
import os
import re
import statistics
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from bench import stage
from bench.figures import Figure

SIZES = [int(size) for size in os.environ.get("BENCH_CUSTOMERS", "10000,100000,1000000").split(",")]
KEEP = os.environ.get("BENCH_KEEP", "") == "1"
EXPLAIN = Path(__file__).with_name("explain")
FEW, ROUNDS = 5, 15  # so many rounds suffice where nothing grows
GOAL, SUSPECT = 2.0, 1.4
UNNOTICED = 0.005  # seconds: a statement that takes less at the largest size is never missed, for it is all noise
KEY = re.compile(
    r"area, heavy: /resources/(activity/.*|products/N/)?$|deed: a notification and|staff: (find|/staff/(desk/|promotions-live/10/)$)"
    r"|list: (audit.AuditEvent|accounts.User|accounts.LoginSession|downloads.DownloadSession|downloads.AllowanceEntry|downloads.Entitlement"
    r"|purchases.Purchase|announcements.Delivery|mailroom.OutgoingMail|purchases.WebhookEvent)(, search|, page 2)?$"
    r"|due tomorrow: .*(LoginSession|DownloadSession|WebhookEvent|Subscription|OutgoingMail|Delivery|IncomingMail)$"
)

GROWS = {"sweep: purchases.tasks.notice_silence"}
"""What reads more the more there is, and is told without a goal: how often partners notified us in sixty days, once in ten minutes."""


class Side:
    """One size: its database, and the process that measures there."""

    def __init__(self, customers: int) -> None:
        self.customers, self.database = customers, f"{stage.POSTGRES.removesuffix('_bench')}_{customers}_bench"

    def fill(self) -> None:
        if not (KEEP and self.is_there()):
            self.drop()
            self.server('CREATE DATABASE "{}"')
            self.run("-m", "bench.population", "--customers", str(self.customers))
        self.run("manage.py", "migrate", "--verbosity", "0")

    def run(self, *arguments: str) -> None:
        done = subprocess.run(
            [sys.executable, *arguments], cwd=stage.ROOT, env=self.environment, check=False, capture_output=True, text=True
        )
        if done.returncode:
            sys.exit(f"{' '.join(arguments)} failed at {self.customers:,} customers:\n{done.stderr[-2000:]}")

    @property
    def environment(self) -> dict[str, str]:
        return os.environ | {"DATABASE_URL": self.database, "REDIS_PREFIX": f"infacta-bench-{self.customers}:", "LOG_LEVEL": "CRITICAL"}

    def is_there(self) -> bool:
        return bool(self.server("SELECT 1 FROM pg_database WHERE datname = '{}'"))

    def drop(self) -> None:
        self.server('DROP DATABASE IF EXISTS "{}" WITH (FORCE)')

    def server(self, statement: str) -> list[Any]:
        import psycopg2

        server, _, name = self.database.rpartition("/")
        connection = psycopg2.connect(f"{server}/postgres")
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement.format(name))
            found = cursor.fetchall() if cursor.description else []
        connection.close()
        return found

    def begin(self) -> None:
        with (stage.FOLDER / f"scale-{self.customers}.log").open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "bench.scale_worker"],
                cwd=stage.ROOT,
                env=self.environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )

    def answer(self) -> Any:
        assert self.process.stdout
        line = self.process.stdout.readline()
        if not line:
            sys.exit(
                f"The measures broke off at {self.customers:,} customers:\n{(stage.FOLDER / f'scale-{self.customers}.log').read_text()[-3000:]}"
            )
        return json.loads(line)

    def ask(self, what: str, name: str) -> Any:
        assert self.process.stdin
        self.process.stdin.write(json.dumps([what, name]) + "\n")
        self.process.stdin.flush()
        return self.answer()

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        if not KEEP:
            self.drop()


Times = dict[int, float]


@contextmanager
def sides() -> Iterator[list[Side]]:
    found = [Side(customers) for customers in SIZES]
    for side in found:
        side.fill()
    with ExitStack() as stack:
        for side in found:
            side.begin()
            stack.callback(side.end)
        yield found


def scale() -> Iterator[Figure]:
    """Every measure at every size; missed is what takes longer than twice as long at the largest size as at the smallest."""
    with sides() as found:
        answers = [side.answer() for side in found]
        for side, answer in zip(found, answers, strict=True):
            for name, why in answer["broken"].items():
                yield Figure(f"cannot be measured at {side.customers:,} customers: {name}: {why}", 1, goal=0, at_most=True)
        names = [name for name in answers[0]["rows"] if all(name in answer["rows"] for answer in answers)]
        times = {name: measured(found, name) for name in names}
        rows = {name: [answer["rows"][name] for answer in answers] for name in names}
        ratios = {name: ratio_of(name, times, rows) for name in names}
        yield from figures_of(times, ratios)
        keep_plans(found[-1], [name for name in names if KEY.search(name) or ratios[name] > GOAL])
        keep_table(times, ratios)


def measured(found: list[Side], name: str) -> Times:
    """The median of the times at each size, each round at all sizes in turn, so that what else the machine does falls on all of them."""
    seconds: dict[int, list[float]] = defaultdict(list)
    for number in range(ROUNDS):
        for side in found:
            seconds[side.customers].append(side.ask("time", name))
        middle = {size: statistics.median(some) for size, some in seconds.items()}
        if number + 1 == FEW and middle[SIZES[-1]] < SUSPECT * middle[SIZES[0]] and name.startswith(("list", "sweep", "due")):
            break
    return middle


def ratio_of(name: str, times: dict[str, Times], rows: dict[str, list[int]]) -> float:
    """Largest by smallest. A list that shows fewer rows at the smallest size is compared with the whole page that its list shows there."""
    least = times[name][SIZES[0]]
    if rows[name][0] < rows[name][-1]:
        least = max(least, times[name.partition(",")[0]][SIZES[0]])
    if name in GROWS:
        return 1.0
    if times[name][SIZES[-1]] < UNNOTICED:
        return min(times[name][SIZES[-1]] / least, GOAL)
    return times[name][SIZES[-1]] / least


def figures_of(times: dict[str, Times], ratios: dict[str, float]) -> Iterator[Figure]:
    """A line for each page of the area, each deed and each page of staff; of the others the worst of their kind, and what is missed."""
    kinds = defaultdict(list)
    for name in times:
        kinds[name.partition(":")[0].partition(",")[0]].append(name)
    for kind, names in kinds.items():
        yield Figure(f"{kind}: {len(names)} measures, the largest ratio", max(ratios[name] for name in names), goal=GOAL, at_most=True)
        yield Figure(f"{kind}: the median ratio", statistics.median(ratios[name] for name in names))
        for name in names:
            if kind in ("area", "deed", "staff") or ratios[name] > GOAL:
                told = ", ".join(f"{times[name][size] * 1000:.1f}" for size in SIZES)
                yield Figure(f"{name}: {told} ms; ratio", ratios[name], goal=GOAL, at_most=True)


def keep_plans(side: Side, names: list[str]) -> None:
    """The plan of the slowest statement of each, as PostgreSQL carried it out."""
    EXPLAIN.mkdir(exist_ok=True)
    for old in EXPLAIN.glob("*.txt"):
        old.unlink()
    for name in names:
        if plan := side.ask("explain", name):
            path = EXPLAIN / f"{re.sub(r'[^a-z0-9]+', '-', name.lower()).strip('-')}.txt"
            path.write_text(f"{name}, {side.customers:,} customers\n\n{plan}")


def keep_table(times: dict[str, Times], ratios: dict[str, float]) -> None:
    """All times, a line each."""
    head = (
        f"| milliseconds with so many customers | {' | '.join(f'{size:,}' for size in SIZES)} | ratio |\n|---|{'--:|' * (len(SIZES) + 1)}\n"
    )
    lines = (
        f"| {name} | {' | '.join(f'{times[name][size] * 1000:.1f}' for size in SIZES)} | {times[name][SIZES[-1]] / times[name][SIZES[0]]:.2f} |\n"
        for name in times
    )
    (EXPLAIN / "times.md").write_text(head + "".join(lines))


MEASURES = (scale,)
