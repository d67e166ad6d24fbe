"""`manage.py setup` takes a fresh machine to a site that answers, and changes nothing twice."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from bench.own_servers import free_port
from operations.setting_up.environment_file import value_of, variables_in
from purchases.partners.standard_webhooks import is_secret
from tests.operations.terminal import answer, bare, ended, relay_with_password, setup, sit_down
from tests.server import ROOT, ask, await_answer

NAME = 'Nörd "wind" & $öhne'


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A disk with nothing on it."""
    folder = tmp_path / "machine"
    folder.mkdir()
    return folder


def served_page(file: Path, path: str = "/", **headers: str) -> str:
    """A page of the site that has nothing but this file for its variables."""
    port = free_port()
    environment = bare(ENV_FILE=str(file), BIND=f"127.0.0.1:{port}", WEB_WORKERS="1", LOG_LEVEL="ERROR")
    command = [Path(sys.executable).with_name("gunicorn"), "infacta.wsgi"]
    server = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        await_answer(port)
        return ask(port, path, **headers).text
    finally:
        server.terminate()
        server.wait(40)


def rows(file: Path, statement: str) -> str:
    command = [sys.executable, "manage.py", "shell", "--verbosity", "0", "-c", statement]
    return subprocess.run(command, cwd=ROOT, env=bare(ENV_FILE=str(file)), capture_output=True, text=True, check=True).stdout.strip()


COUNTS = (
    "from accounts.models import User; from downloads.models import Product; from audit.models import AuditEvent;"
    "print(User.objects.count(), Product.objects.count(), AuditEvent.objects.count())"
)


def try_out(terminal, relay, folder: Path, password: str) -> None:
    """The questions of a site to try out, from the first to the relay's password, with mistakes in between."""
    answer(terminal, ("for real", "perhaps"))
    terminal.expect_exact("'perhaps' is none of production, development")
    answer(terminal, ("for real", "dev"), ("Name of the site", ""))
    terminal.expect_exact("it needs an answer")
    answer(terminal, ("Name of the site", NAME), ("Public address", "customers.northwind.example"))
    terminal.expect_exact("must begin with https:// or http://")
    answer(terminal, ("Public address", ""), ("Time zone", "Berlin"))
    terminal.expect_exact("do you mean Europe/Berlin")
    answer(terminal, ("Time zone", "Europe/Berlin"), ("Name of the company", "-"), ("Postal address", "Kai 1, 20457 Hamburg"))
    answer(terminal, ("address for help", "hülfe@nörd.example"))
    terminal.expect_exact("is not one e-mail address")
    answer(terminal, ("address for help", "help@northwind.example"), ("about privacy", ""), ("postgresql, or sqlite?", ""))
    answer(terminal, ("Address of Redis", "localhost:6379"))
    terminal.expect_exact("that is no address of Redis")
    answer(terminal, ("Address of Redis", ""), ("Folder of the site's files", "var"))
    terminal.expect_exact("does not begin with /")
    answer(terminal, ("Folder of the site's files", str(folder / "data")), ("your nginx", "10.0.0.1/8"))
    terminal.expect_exact("has host bits set")
    answer(terminal, ("your nginx", "-"), ("Sender of mails", ""), ("Host of the mail relay", "127.0.0.1"))
    answer(terminal, ("How it is secured", "none"), ("Port", "99999"))
    terminal.expect_exact("is no port")
    answer(terminal, ("Port", str(free_port())), ("User, if it wants one", "site"), ("Password of that user", password))


def test_a_site_to_try_out_from_nothing(machine):
    file = machine / "environment"
    with relay_with_password(password="s3same") as relay:
        terminal = sit_down(file)
        try_out(terminal, relay, machine, "s3same")
        terminal.expect_exact("Nothing listens there")
        answer(terminal, ("Answer these again?", ""), ("Sender of mails", ""), ("Host of the mail relay", ""), ("How it is secured", ""))
        answer(terminal, ("Port", str(relay.port)), ("User, if it wants one", ""), ("Password of that user", "wrong"))
        terminal.expect_exact("The relay refuses user and password")
        answer(terminal, ("Answer these again?", ""), ("Sender of mails", ""), ("Host of the mail relay", ""), ("How it is secured", ""))
        answer(terminal, ("Port", ""), ("User, if it wants one", ""), ("Password of that user", "s3same"))
        answer(terminal, ("Colour of links", "#ffee00"))
        terminal.expect_exact("cannot be read on the site's light ground")
        answer(
            terminal, ("Colour of links", "#7a1f5c"), ("Logo", "-"), ("Your e-mail address", "ada@northwind.example"), ("Your name", "Ada")
        )
        answer(
            terminal,
            ("Name", "Überblick"),
            ("Code", ""),
            ("In one sentence", "Shows it all."),
            ("to try the relay? [ada@northwind.example]", ""),
        )
        answer(terminal, ("Go on?", ""))
        terminal.expect_exact("Which code does it show?")
        mail = relay.received[-1]
        assert mail["To"] == "ada@northwind.example"
        terminal.sendline(re.findall(r"code is (\d{6})", mail.get_payload(decode=True).decode())[0])
        status, said = ended(terminal)
    assert status == 0, said
    assert "Mails arrive." in said
    text = file.read_text()
    assert "s3same" not in said + terminal.before
    assert file.stat().st_mode & 0o777 == 0o600
    assert value_of(re.findall("^SITE_NAME=(.*)$", text, re.MULTILINE)[0]) == NAME
    page = served_page(file)
    assert "Nörd &quot;wind&quot; &amp; $öhne" in page
    assert "Überblick" in page
    assert "Kai 1, 20457 Hamburg" in page
    assert "/brand/" in page


def first(file: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """A site to try out, without a terminal and without mail."""
    values = {"mode": "development", "site-name": NAME, "vendor-address": "Kai 1", "data-dir": str(file.parent / "data")}
    values |= {"staff-email": "ada@northwind.example", "product-name": "Notebook"}
    options = [f"--{name}={value}" for name, value in values.items()]
    return setup(file, "--no-input", *options, *arguments, **variables)


def test_a_second_time_makes_nothing_twice(machine):
    file = machine / "environment"
    assert first(file).returncode == 0
    text, counts, files = file.read_text(), rows(file, COUNTS), sorted(path.name for path in machine.iterdir())
    keys = {path.name: path.read_bytes() for path in (machine / "data").glob("*.pem")}
    assert len(keys) == 3
    again = first(file)
    assert again.returncode == 0, again.stderr
    assert "is staff already" in again.stdout
    assert (file.read_text(), rows(file, COUNTS)) == (text, counts)
    assert sorted(path.name for path in machine.iterdir()) == files
    assert keys == {path.name: path.read_bytes() for path in (machine / "data").glob("*.pem")}


def test_a_file_written_by_hand_keeps_its_lines(machine):
    file = machine / "environment"
    by_hand = (
        "# mine\n\nSITE_NAME='Old name'\nPURCHASE_YEARS=7  \n#BRAND_COLOR=\n# the end\nexport STRIPE_SECRETS=whsec_x\nSITE_NAME=Older\n"
    )
    file.write_text(by_hand)
    file.chmod(0o400)
    done = first(file, "--no-steps", "--brand-color=#7A1F5C")
    assert done.returncode == 0, done.stderr
    lines = file.read_text().splitlines()
    mine = [line for line in by_hand.splitlines() if "SITE_NAME" not in line]
    assert [line for line in lines if line in mine] == mine
    assert len([line for line in lines if line.startswith("SITE_NAME=")]) == 2
    assert lines[lines.index("#BRAND_COLOR=") + 1] == 'BRAND_COLOR="#7a1f5c"'
    assert file.stat().st_mode & 0o777 == 0o400
    [backup] = machine.glob("environment.*.old")
    assert (backup.read_text(), backup.stat().st_mode & 0o777) == (by_hand, 0o400)
    assert rows(file, "from django.conf import settings; print(settings.SITE_NAME)") == NAME


def test_a_link_to_the_file_stays_a_link(machine):
    (machine / "etc").mkdir()
    link = machine / ".env"
    link.symlink_to(machine / "etc" / "environment")
    assert first(link, "--no-steps").returncode == 0
    assert link.is_symlink()
    assert "SITE_NAME" in (machine / "etc" / "environment").read_text()


def test_a_dry_run_shows_no_secret_and_changes_nothing(machine):
    file = machine / "environment"
    file.write_text("INFACTA_MODE=development\nSECRET_KEY=hidden-0123456789\nDATABASE_URL=postgres://u:hid%23den@127.0.0.1/x\n")
    before = file.read_bytes()
    shown = first(
        file, "--dry-run", "--no-tries", SETUP_MAIL_PASSWORD="hid den", SETUP_MAIL_HOST="relay.northwind.example", SETUP_MAIL_USER="u"
    )
    assert shown.returncode == 0, shown.stderr
    assert "SECRET_KEY=********" in shown.stdout
    assert "postgres://u:********@" in shown.stdout
    assert "smtp+tls://u:********@relay.northwind.example:587" in shown.stdout
    assert not re.search("hidden|hid.{1,3}den", shown.stdout)
    assert (file.read_bytes(), [path.name for path in machine.iterdir()]) == (before, ["environment"])


def test_an_interruption_changes_nothing(machine):
    file = machine / "environment"
    terminal = sit_down(file)
    answer(terminal, ("for real", "development"), ("Name of the site", "Northwind"))
    terminal.expect_exact("Public address")
    terminal.sendintr()
    status, said = ended(terminal)
    assert (status, list(machine.iterdir())) == (130, [])
    assert "Nothing was changed" in said


WRONG = {
    "--site-name=$HOME": "--site-name: it begins with $",
    "--vendor-address=two\nlines": "--vendor-address: it holds a line break",
    "--site-url=http://x.example/shop": "--site-url: 'http://x.example/shop' holds more than a host",
    "--support-email=a@b": "--support-email: 'a@b' is not one e-mail address",
    "--privacy-email=": "--privacy-email: '' is not one e-mail address",
    "--time-zone=Mars": "--time-zone: 'Mars' is no time zone",
    "--product-code=über": "--product-code: 'über': letters from A to Z",
    "--brand-color=blue": "--brand-color: 'blue' is no colour",
    "--brand-logo=/no/such.svg": "--brand-logo: /no/such.svg: it cannot be read",
    "--redis-url=redis://127.0.0.1:1/0": "Redis: Redis cannot be used",
    "--database-url=postgres://nobody@127.0.0.1:1/x": "Database: Nothing answers at 127.0.0.1, port 1",
    "--mail-url=smtp://127.0.0.1:1": "Mail: Nothing listens there",
    "--mail-from=Us": "--mail-from: 'Us' is not one e-mail address",
    "--data-dir=/proc/version": "--data-dir: /proc/version is a file",
}


def test_all_that_cannot_be_used_is_told_at_once_and_nothing_is_written(machine):
    refused = first(machine / "environment", *WRONG)
    assert refused.returncode == 2, refused.stdout + refused.stderr
    for sentence in WRONG.values():
        assert f"\n  {sentence}" in refused.stderr
    assert list(machine.iterdir()) == []


@pytest.mark.parametrize(
    ("option", "sentence"),
    [
        ("--database-url=mysql://x", "--database-url is no such address"),
        ("--mail-url=smtp://u:p@relay.northwind.example", "Without TLS the password would be readable"),
        ("--mode=production", "'http://localhost:8000' must begin with https://"),
    ],
)
def test_one_thing_that_cannot_be_used(machine, option, sentence):
    refused = first(machine / "environment", "--site-url=http://localhost:8000", "--no-tries" if "database" in option else "-q", option)
    assert refused.returncode == 2, refused.stdout + refused.stderr
    assert sentence in refused.stderr
    assert list(machine.iterdir()) == []


def test_of_what_builds_on_a_missing_answer_nothing_is_said(machine):
    refused = setup(machine / "environment", "--no-input", "--mode=development", "--mail-host=127.0.0.1", "--mail-port=x", "--dry-run")
    assert refused.returncode == 2
    faults = re.findall(r"^  (\S+):", refused.stderr, re.MULTILINE)
    assert faults == ["--site-name", "--vendor-address", "--mail-port"], refused.stderr


def test_what_the_example_invents_is_no_answer_for_a_real_site(machine):
    values = {"mode": "production", "site-name": "N", "site-url": "https://c.northwind.example", "mail-host": "relay.example.com"}
    values |= {"vendor-address": "Example Software Ltd", "support-email": "a@example.com", "mail-from": "Example Software <b@c.de>"}
    refused = setup(
        machine / "environment", "--no-input", "--no-tries", f"--data-dir={machine}", *(f"--{k}={v}" for k, v in values.items())
    )
    assert refused.returncode == 2
    for name in ("vendor-address", "support-email", "mail-from", "mail-host"):
        assert f"\n  --{name}: it is the example's" in refused.stderr


def test_a_site_to_try_out_has_its_folders_and_what_make_demo_signs_with(machine):
    file = machine / "environment"
    assert first(file, "--no-steps").returncode == 0
    said = (ROOT / "deploy" / "tmpfiles" / "infacta.conf").read_text()
    wanted = dict(re.findall(r"^d /var/lib/infacta/(\S+) +0(\d+)", said, re.MULTILINE))
    assert {path.name: f"{path.stat().st_mode & 0o777:o}" for path in (machine / "data").iterdir() if path.is_dir()} == wanted
    secret = variables_in(file.read_text())["STANDARD_WEBHOOKS_SECRETS"]
    assert is_secret(secret)
    real = {"mode": "production", "site-url": "https://c.northwind.example", "mail-host": "relay.northwind.example"}
    real |= {"support-email": "a@northwind.example", "privacy-email": "a@northwind.example", "keys-folder": str(machine)}
    real |= {"redis-url": "redis://:word@127.0.0.1/0", "trusted-proxies": "127.0.0.1", "mail-from": "a@northwind.example"}
    done = first(file, "--no-steps", "--no-tries", *(f"--{name}={value}" for name, value in real.items()))
    assert done.returncode == 0, done.stderr
    variables = variables_in(file.read_text())
    assert not variables["STANDARD_WEBHOOKS_SECRETS"], "a real site does not inherit a partner without a name"
    assert variables["REDIS_URL"] == "redis://:word@127.0.0.1/0"


def test_the_password_of_redis_does_not_show(machine):
    terminal = sit_down(machine / "environment", "--no-tries", "--mode=development", "--site-name=N", "--vendor-address=K")
    answer(terminal, ("Public address", ""), ("Time zone", "UTC"), ("Name of the company", ""), ("address for help", ""))
    answer(terminal, ("about privacy", ""), ("postgresql, or sqlite?", ""), ("Address of Redis", "redis://:seen@127.0.0.1/0"))
    terminal.expect_exact("it holds a password: leave that out")
    answer(terminal, ("Address of Redis", "redis://127.0.0.1/0"), ("Password of Redis", "un seen"))
    terminal.expect_exact("Folder of the site's files")
    assert "un seen" not in terminal.before
    terminal.sendintr()
    assert ended(terminal)[0] == 130


def test_without_a_terminal_it_says_what_to_give(machine):
    refused = setup(machine / "environment")
    assert refused.returncode == 2
    assert "--no-input" in refused.stderr


def test_a_file_of_answers(machine):
    answers = machine / "site.toml"
    answers.write_text(
        'mode = "development"\nsite-name = "Northwind"\nvendor-address = "Kai 1"\nmail-from = "A, B <a@northwind.example>"\n'
    )
    file = machine / "environment"
    assert setup(file, "--no-input", "--no-steps", "--answers", str(answers)).returncode == 0
    assert variables_in(file.read_text())["MAIL_FROM"] == '"A, B" <a@northwind.example>'
    answers.write_text('site-nme = "x"\n')
    assert "answers what nobody asks: site-nme" in setup(file, "--no-input", "--answers", str(answers)).stderr
