"""A worker that makes one report, and says how long that took, how many queries it asked, and how much memory it had at most."""

import json
import resource
import sys
import time
from typing import Any

import django

django.setup()

from django.db import connection  # noqa: E402

from rights.models import ReportFile  # noqa: E402
from rights.report import making  # noqa: E402


class Counting:
    """How many queries are asked, and how many of those only say how far the work is."""

    def __init__(self) -> None:
        self.queries = self.beats = 0

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        self.queries += 1
        self.beats += sql.startswith('UPDATE "rights_subjectrequest" SET "steps"')
        return execute(sql, params, many, context)


def main(pk: int) -> None:
    counting = Counting()
    began = time.monotonic()
    with connection.execute_wrapper(counting):
        assert making.make(pk)
    seconds = time.monotonic() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    size = ReportFile.objects.get(request=pk).size
    print(json.dumps({"seconds": seconds, "queries": counting.queries, "beats": counting.beats, "peak": peak, "size": size}))


if __name__ == "__main__":
    main(int(sys.argv[1]))
