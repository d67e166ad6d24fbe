"""One size of the site, in a process of its own: told by lines what to do, it answers each with a line of JSON (bench/scale.py)."""

import json
import re
import sys
import time
from typing import Any

import django

django.setup()

from django.db import connection  # noqa: E402

from bench.scale_measures import Deed, everything, seconds_of  # noqa: E402


class Slowest:
    """The statement that took longest, of those that read."""

    def __init__(self) -> None:
        self.seconds, self.sql, self.params = 0.0, "", None

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        began = time.perf_counter()
        result = execute(sql, params, many, context)
        took = time.perf_counter() - began
        if sql.startswith("SELECT") and took > self.seconds:
            self.seconds, self.sql, self.params = took, sql, params
        return result


def plan_of(deed: Deed) -> str:
    """The slowest statement of what is done, and PostgreSQL's plan of it with what it really took. Values stand in no file: their places do."""
    slowest = Slowest()
    with connection.execute_wrapper(slowest):
        deed()
    if not slowest.sql:
        return ""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS) {slowest.sql}", slowest.params)
        plan = "\n".join(line for (line,) in cursor.fetchall())
    return f"{re.sub(r'(%s, ){9,}', '%s, …, ', slowest.sql)}\n\n{plan}\n"


def warm_up(deeds: dict[str, Deed]) -> tuple[dict[str, int], dict[str, str]]:
    """How many rows each shows, if it is a list; and why what broke cannot be measured."""
    rows, broken = {}, {}
    for name, deed in deeds.items():
        try:
            shown = (getattr(deed(), "context_data", None) or {}).get("cl")
            rows[name] = len(shown.result_list) if shown else 0
        except Exception as error:
            connection.close()
            broken[name] = f"{type(error).__name__}: {error}"[:200]
    return rows, broken


def main() -> None:
    deeds = dict(everything())
    rows, broken = warm_up(deeds)
    say({"rows": rows, "broken": broken})
    for line in sys.stdin:
        what, name = json.loads(line)
        say(seconds_of(deeds[name]) if what == "time" else plan_of(deeds[name]))


def say(answer: Any) -> None:
    print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
