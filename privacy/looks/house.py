"""How the site is built, as the design card has it (promises D1 to D4)."""

from importlib.metadata import PackageNotFoundError, version

from django.apps import apps
from django.conf import settings
from django.core.management import get_commands
from django.db import connection
from django.utils.module_loading import import_string

from infacta.schedule import SWEEPS
from infacta.unapplied import unapplied
from privacy.looks.visiting import visitor
from privacy.promise_checks import Outcome, checks

PARTS = ("django", "django-otp", "celery", "redis", "psycopg2", "gunicorn")
TOP = (
    "manage.py",
    "infacta",
    "accounts",
    "downloads",
    "promotions",
    "support",
    "announcements",
    "templates",
    "requirements.txt",
    "README.md",
)
MIDDLEWARE = ("django.contrib.sessions.middleware.SessionMiddleware", "accounts.middleware.AuthenticationMiddleware")


@checks("D1")
def the_parts_are_those_that_were_named() -> tuple[Outcome, str]:
    found = {name: installed(name) for name in PARTS}
    if missing := [name for name, number in found.items() if not number]:
        return Outcome.BROKEN, f"not installed: {', '.join(missing)}"
    return Outcome.KEPT, "installed: " + ", ".join(f"{name} {number}" for name, number in found.items())


def installed(name: str) -> str:
    """The version of a package; of psycopg2 also the one that brings its own library."""
    for named in (name, f"{name}-binary"):
        try:
            return version(named)
        except PackageNotFoundError:
            continue
    return ""


@checks("D2")
def the_rooms_are_there() -> tuple[Outcome, str]:
    if missing := [name for name in TOP if not (settings.BASE_DIR / name).exists()]:
        return Outcome.BROKEN, f"not there: {', '.join(missing)}"
    return Outcome.KEPT, f"{len(TOP)} rooms and files lie where the plan says"


@checks("D3")
def the_database_is_as_the_program_expects() -> tuple[Outcome, str]:
    if waiting := unapplied():
        return Outcome.BROKEN, f"{len(waiting)} migrations are not applied, the first is {waiting[0]}: run manage.py migrate"
    tables = len(apps.get_models(include_auto_created=True))
    return Outcome.KEPT, f"all migrations are applied: {tables} tables in one database ({connection.vendor})"


@checks("D3")
def sweeps_and_middleware_are_there() -> tuple[Outcome, str]:
    if missing := [name for name in MIDDLEWARE if name not in settings.MIDDLEWARE]:
        return Outcome.BROKEN, f"MIDDLEWARE lacks {', '.join(missing)}"
    for sweep in SWEEPS:
        import_string(sweep.task)
    return Outcome.KEPT, f"{len(SWEEPS)} sweeps are scheduled, and each is there"


@checks("D4")
def staff_and_operators_have_their_doors() -> tuple[Outcome, str]:
    browser, ours = visitor(), sum(1 for app in get_commands().values() if app in apps.app_configs and "." not in app)
    status = browser.get("/staff/login/").status
    if status != 200:
        return Outcome.BROKEN, f"{browser.where}: the staff's log-in answered {status}"
    return Outcome.KEPT, f"{browser.where}: the staff's log-in answers, and there are {ours} commands of the site's own"
