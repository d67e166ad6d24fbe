"""`make bench`: prints one line a figure; exit status 1 if a goal is missed. `make bench ONLY=foundation` runs one group."""

import importlib
import sys

from bench import stage

GROUPS = (
    *("foundation", "log_in", "audit", "misuse", "codes", "downloads", "feeds", "intake", "promotions", "guessing"),
    *("announcements", "destruction", "diagnostics", "registry", "report", "backup", "lighthouse", "scale", "public", "monitoring", "load"),
)


def main(only: str) -> int:
    if only and only not in GROUPS:
        sys.exit(f"There is no group of measures {only!r}; there is: {', '.join(GROUPS)}.")
    stage.prepare()
    missed = 0
    try:
        for group in [only] if only else GROUPS:
            for measure in importlib.import_module(f"bench.{group}").MEASURES:
                for figure in measure():
                    print(f"{group}: {figure}", flush=True)
                    missed += not figure.met
    finally:
        stage.tear_down()
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else ""))
