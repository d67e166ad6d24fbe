"""`python -m bench.population --customers 100000`: fills the empty PostgreSQL database that DATABASE_URL names. Development alone."""

import argparse
import os
import sys
import time

import django


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.population", description=__doc__)
    parser.add_argument("--customers", type=int, required=True, help="how many; a multiple of 1,000, from 1,000 on")
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "infacta.settings")
    os.environ.setdefault("INFACTA_MODE", "development")
    django.setup()
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection

    from bench.population.filling import LEAST, NotEmpty, fill

    if settings.PRODUCTION:
        parser.error("Everybody in it has one password, which stands in the source: no production site is filled.")
    if connection.vendor != "postgresql":
        parser.error("Set DATABASE_URL to a PostgreSQL database, such as postgres://user@127.0.0.1/infacta_population.")
    if options.customers < LEAST or options.customers % LEAST:
        parser.error(f"--customers must be a multiple of {LEAST:,}.")
    began = time.monotonic()
    call_command("migrate", verbosity=0)
    try:
        fill(options.customers, lambda text: print(text, flush=True))
    except NotEmpty:
        parser.error("There are accounts or releases in this database already: only an empty one is filled.")
    print(f"{options.customers:,} customers in {time.monotonic() - began:.0f} s.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
