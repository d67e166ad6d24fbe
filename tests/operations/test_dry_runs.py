"""A dry run changes nothing, in no table and no file, and the real run does what it told. Every command that changes things has one."""

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.utils import timezone

from announcements.models import Subscription
from downloads.models import DownloadSession
from infacta.command_page import has_dry_run, own_commands
from support.tasks import purge_support
from support.vault import files, keyring
from tests import cast
from tests.downloads.test_access_log import line as log_line
from tests.mailroom.letters import letter
from tests.promotions.walk import make_promotion
from tests.rights.asked import erase
from tests.support.cases import incoming, make_case
from tests.support.destroyed import due_case

pytestmark = pytest.mark.django_db
OWN = own_commands()
NO_DRY_RUN: dict[str, str] = {
    "first_rows": "manage.py setup runs it, and setup has a dry run",
    "migrate": "Django's own --plan says what it would do",
}
"""Commands that change things and have none, each with its reason."""


@dataclass
class World:
    """Where a command is tried: `path` is the folder that holds all that the site keeps outside of the database."""

    path: Path
    notebook: object
    file: object
    alices: object


@pytest.fixture
def world(own_disk, notebook, notebook_file, alices, settings) -> World:
    own = settings.PARTNERS["standard-webhooks"] | {"secrets": ["whsec_" + "c2VjcmV0" * 4]}
    settings.PARTNERS = settings.PARTNERS | {"standard-webhooks": own}
    return World(own_disk, notebook, notebook_file, alices)


def written(world: World, name: str, text: str) -> str:
    path = world.path / name
    path.write_text(text)
    return str(path)


def subscribers(world: World) -> list[str]:
    return [written(world, "friends.csv", "email,source,wording,consented_at\nzoe@example.com,fair,fair-2025,2025-05-01\n")]


def exporting(world: World) -> list[str]:
    call_command("import_subscribers", *subscribers(world), "--import", stdout=StringIO())
    assert Subscription.objects.exists()
    return []


ORDERS = "order_reference,purchased_at,email,product_code,quantity\nA-7,2026-01-02T03:04:05Z,zoe@example.com,NOTEBOOK,1\n"


def orders(world: World, *options: str) -> list[str]:
    return [written(world, "orders.csv", ORDERS), *options]


def keys(world: World) -> list[str]:
    for slug in ("releases", "licences", "updates"):
        call_command("make_signing_key", "--for", slug, stdout=StringIO())
    return [str(world.path / "keys.backup"), "--passphrase-file", written(world, "passphrase", "three quiet harbours and a lighthouse")]


def lost_keys(world: World) -> list[str]:
    backup = keys(world)
    call_command("back_up_keys", *backup, stdout=StringIO())
    (world.path / "licence-key.pem").unlink()
    return backup


def sent(world: World) -> list[str]:
    session, _spent = DownloadSession.objects.take(world.alices, world.file, None, "")
    session.begin_request()
    return [written(world, "downloads.log", log_line(session, 5))]


def promoted(world: World) -> list[str]:
    make_promotion(world.notebook)
    return ["spring", "--tag", "SPR", "--number", "25"]


def strays(world: World) -> list[str]:
    make_case(files=[incoming()])
    name = "f" * 32
    keyring.create(name)
    files.append(name, "e" * 32, [b"nobody's"])
    then = (timezone.now() - timedelta(hours=2)).timestamp()
    for path in (keyring.path_of(name), *files.folder_of(name).iterdir(), files.folder_of(name)):
        os.utime(path, (then, then))
    return []


def then_restored(work: Callable[[], object]) -> None:
    """The work is done, and then the database is as its backup was; what lies outside of it stays."""
    with transaction.atomic():
        work()
        transaction.set_rollback(True)


def destroyed_since(world: World) -> list[str]:
    due_case(files=[incoming()])
    then_restored(purge_support)
    return []


def erased_since(world: World) -> list[str]:
    then_restored(lambda: erase(world.alices.user, ""))
    return []


def maildir(world: World) -> list[str]:
    for name in ("new", "cur", "tmp"):
        (world.path / "mails" / name).mkdir(parents=True)
    (world.path / "mails" / "new" / "1.mx").write_bytes(letter("Hello").as_bytes())
    return ["--maildir", str(world.path / "mails")]


def due(world: World) -> list[str]:
    due_case()
    return []


def signable(world: World) -> list[str]:
    keys(world)
    return []


def shop(world: World) -> list[str]:
    return ["--email", "zoe@example.com"]


def staff(world: World) -> list[str]:
    return ["sue@vendor.example", "--role", "support"]


def enrolling(world: World) -> list[str]:
    return [cast.make_staff("sam@vendor.example", "Support").email]


def clear_catalogue(world: World) -> list[str]:
    world.alices.delete()
    world.file.delete()
    world.file.release.delete()
    world.notebook.delete()
    return []


def nothing(world: World) -> list[str]:
    return []


REAL_ELSEWHERE = ""
"""Instead of what the real run says: it needs a person, or a running site, and the named test has it."""
RUNS: dict[str, tuple[Callable[[World], list[str]], str, str]] = {
    "add_partner_profiles": (nothing, "6 profiles would be added", "6 profiles added"),
    "audit_export": (
        lambda world: ["--kind", "entitlement.granted"],
        "(1) events would be written",
        '"kind": "entitlement.granted"',
    ),
    "back_up_keys": (keys, "licences: the key (\\w+) would be in", "licences: the key (\\w+) is in"),
    "check_promises": (lambda world: ["--store"], r"(\d+) kept, (\d+) broken", r"(\d+) kept, (\d+) broken"),
    "command_page": (
        lambda world: [
            "--into",
            written(
                world, "page.md", "<!-- made by manage.py command_page: do not edit -->\n<!-- end of what manage.py command_page makes -->"
            ),
        ],
        "would be changed",
        "is changed",
    ),
    "create_staff": (staff, r"sue@vendor\.example would be staff \((support)\)", r"sue@vendor\.example is staff \((support)\)"),
    "demo_purchase": (shop, "This would be posted", REAL_ELSEWHERE),  # tests/purchases/test_demo_purchase.py
    "detect_misuse": (nothing, "(0) signs", "(0) signs"),  # tests/accounts/test_detect_misuse_command.py holds one against the other
    "enrol_second_factor": (enrolling, r"would be enrolled for sam@vendor\.example", REAL_ELSEWHERE),  # tests/accounts/test_staff_log_in.py
    "export_subscribers": (exporting, "(1) subscribers would be written", "zoe@example.com"),
    "import_access_log": (sent, "would be read: (1);", "Lines read: (1);"),
    "import_purchases": (
        lambda world: orders(world, "--partner", "standard-webhooks", "--import"),
        "would be granted: (1)",
        "granted: (1)",
    ),
    "import_subscribers": (lambda world: [*subscribers(world), "--import"], "new: (1);", "new: (1);"),
    "load_demo": (clear_catalogue, "would be loaded", "is loaded"),
    "make_codes": (promoted, "Would make (25) codes", "Made (25) codes"),
    "make_signing_key": (nothing, "would be made in", "holds a new signing key"),
    "publish_policies": (nothing, r"general +version 1 +(\w+) would be new", r"general +version 1 +(\w+) new"),
    "purge_support": (due, "(1)  to be destroyed now", "looked for afterwards: (1)"),
    "receive_mail": (maildir, "(1) would be taken", "(1) taken"),
    "reconcile": (
        lambda world: ["standard-webhooks", *orders(world, "--repair")],
        "Would be repaired: (1)",
        "Repaired: (1)",
    ),
    "reconcile_support": (strays, "(1)  (?:stray )?keys", "(1)  (?:stray )?keys"),
    "replay_destructions": (destroyed_since, "not in the database: (1)", "not in the database: (1)"),
    "replay_erasures": (erased_since, "not in the database: (1)", "not in the database: (1)"),
    "restore_keys": (lost_keys, "licences: the key (\\w+) would be put", "licences: the key (\\w+) is put"),
    "retention": (due, "support", "support"),  # tests/privacy/test_retention_walk.py holds one against the other
    "sign_files": (signable, "would be signed: (1)", "were signed: (1)"),
    "work": (nothing, "purchases.tasks.fulfil_due_events: every", REAL_ELSEWHERE),  # tests/support/test_replay.py starts it
}
READS: dict[str, list[str]] = {
    "audit_verify": [],
    "check_code": ["NTE-WHATEVER"],
    "check_ledger": [],
    "completion": ["bash"],
    "partner_table": [],
    "verify_files": [],
}


def everything(world: World) -> dict[str, str]:
    """A digest of each table and of each file."""
    found = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            found[f"table {table}"] = sha256("\n".join(sorted(map(repr, cursor.fetchall()))).encode()).hexdigest()
    for path in world.path.rglob("*"):
        if path.is_file():
            found[f"file {path.relative_to(world.path)}"] = sha256(path.read_bytes()).hexdigest()
    return found


def said(name: str, *arguments: str) -> str:
    out = StringIO()
    try:
        call_command(name, *arguments, stdout=out, stderr=out)
    except (CommandError, SystemExit) as error:
        out.write(str(error))
    return out.getvalue()


@pytest.mark.parametrize("name", sorted(RUNS))
def test_a_dry_run_changes_nothing_and_the_real_run_does_what_it_told(world, name):
    prepare, dry, real = RUNS[name]
    arguments = prepare(world)
    before = everything(world)
    told = re.search(dry, said(name, *arguments, "--dry-run"))
    assert everything(world) == before
    assert told, dry
    if real != REAL_ELSEWHERE:
        output = said(name, *arguments)
        done = re.search(real, output)
        assert done, output
        if done.groups():
            assert done.groups() == told.groups()
        assert everything(world) != before, "the comparison sees what the real run changes"


@pytest.mark.parametrize("name", sorted(READS))
def test_what_only_reads_changes_nothing(world, name):
    before = everything(world)
    assert said(name, *READS[name])
    assert everything(world) == before


def test_every_command_that_changes_things_has_a_dry_run_that_is_tried():
    changing = {name for name, command in OWN.items() if command.changes or has_dry_run(command)}
    assert {name for name in changing if not has_dry_run(OWN[name])} == set(NO_DRY_RUN)
    here = {name for name, command in OWN.items() if not type(command).__module__.startswith("operations.")}
    assert here & changing == set(RUNS)
    assert here - changing == set(READS)
