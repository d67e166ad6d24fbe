"""Every command explains itself, is quiet where it is asked to be, and says by its exit status how it ended; docs/commands.md tells the same."""

import ast
import inspect
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, get_commands
from django.db import OperationalError
from redis.exceptions import ConnectionError as RedisAway

from bench.own_servers import free_port
from infacta.command_page import BEGIN, END, SUBJECTS, markdown, own_commands
from infacta.commands import COMMON_STATUSES, SiteCommand

ROOT = Path(settings.BASE_DIR)
OWN = own_commands()
NAMES = {"DONE": 0, "WRONG": 1, "UNUSABLE": 2, "EX_TEMPFAIL": 75, "INTERRUPTED": 130}
every_command = pytest.mark.parametrize("name", sorted(OWN))


def run(name: str, *arguments: str) -> int:
    """The exit status, as at the command line."""
    command = type(OWN[name])()
    with pytest.raises(SystemExit) as ended:
        command.run_from_argv(["manage.py", name, *arguments])
    return int(ended.value.code or 0)


def test_every_command_of_the_site_is_a_site_command():
    files = {path.stem for path in ROOT.glob("*/management/commands/*.py") if not path.stem.startswith("_")}
    assert files == set(OWN)
    assert len(files) > 30


@every_command
def test_help_explains(name, capsys):
    assert run(name, "--help") == 0
    said, command = capsys.readouterr().out, OWN[name]
    assert " ".join(command.help.split())[:40] in " ".join(said.split())
    assert len(re.findall(r"[.!?](?: |$)", command.help)) >= 2, "two sentences: what it does, and when one needs it"
    assert len(command.help.split()) >= 20
    assert "Examples:" in said
    assert "Exit status:" in said
    assert {0, 2, 75, 130, 141} <= set(command.all_statuses())
    assert 0 in command.statuses, "it says what its success means"
    assert all(action.help for action in command.create_parser("manage.py", name)._actions), "each argument is explained"
    assert command.subject in SUBJECTS
    assert command.examples


@every_command
def test_its_examples_can_be_typed(name):
    for example in OWN[name].examples:
        words = shlex.split(re.split(r"(?:^| ) ?# |[<>|]", example)[0])
        OWN[name].create_parser("manage.py", name).parse_args([*words, "--quiet"])


@every_command
def test_an_unknown_option_is_said_in_one_line(name, capsys):
    assert run(name, "--no-such-option") == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert f"See manage.py {name} --help" in said.err
    assert run(name, "--version") == 0


@every_command
def test_each_exit_status_of_its_code_is_explained(name):
    used = statuses_in(Path(inspect.getfile(type(OWN[name]))).read_text())
    assert used <= set(OWN[name].statuses) | {0, 2}
    if 1 in OWN[name].statuses:
        assert 1 in used, "it says 1 of itself, and never ends so"


def statuses_in(source: str) -> set[int]:
    """What its errors end with, by name or number; a CommandError that says nothing else is 1."""
    found = set()
    for call in (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)):
        called = ast.unparse(call.func)
        if called == "CommandError":
            given = [keyword.value for keyword in call.keywords if keyword.arg == "returncode"]
            found |= numbers_in(given[0]) if given else {1}
        elif called in ("SystemExit", "sys.exit"):
            found |= set().union(*map(numbers_in, call.args))
        elif called == "Unusable":
            found.add(2)
    return found


def numbers_in(value: ast.expr) -> set[int]:
    numbers = set()
    branches = [value.body, value.orelse] if isinstance(value, ast.IfExp) else [value]
    for branch in branches:
        text = ast.unparse(branch).rpartition(".")[-1]
        numbers.add(NAMES[text] if text in NAMES else int(text))
    return numbers


def test_the_check_of_statuses_sees_each_way_to_end():
    source = (
        "CommandError('a')\nCommandError('b', returncode=WRONG)\nraise Unusable('c')\nsys.exit(os.EX_TEMPFAIL)\nSystemExit(3 if x else 4)"
    )
    assert statuses_in(source) == {1, 2, 3, 4, 75}


def test_the_page_is_what_the_commands_say():
    page = (ROOT / "docs" / "commands.md").read_text()
    between = page.partition(BEGIN)[2].partition(END)[0].strip()
    assert between == markdown().strip(), "run manage.py command_page --into docs/commands.md"
    for number in COMMON_STATUSES:
        assert f"| {number} |" in page
    assert "docs/commands.md" in (ROOT / "docs" / "operating.md").read_text()


def test_the_page_is_put_into_a_file_with_markers_alone(tmp_path, capsys):
    file = tmp_path / "page.md"
    file.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    type(OWN["command_page"])().run_from_argv(["manage.py", "command_page", "--into", str(file), "--dry-run"])
    assert "would be changed" in capsys.readouterr().out
    assert "old" in file.read_text()
    OWN["command_page"].run_from_argv(["manage.py", "command_page", "--into", str(file)])
    assert file.read_text() == f"before\n{BEGIN}\n\n{markdown()}\n\n{END}\nafter\n"
    file.write_text("nothing")
    assert run("command_page", "--into", str(file)) == 2
    assert run("command_page", "--into", str(tmp_path / "none")) == 2


def test_without_a_command_all_are_listed_by_subject():
    listed = manage().stdout
    first = listed.partition("Of Django and of libraries")[0]
    assert [subject for subject in SUBJECTS if f"\n{subject}\n" in first] == list(SUBJECTS)
    for name in get_commands():
        assert re.search(rf"\b{name}\b", listed), name
    assert "Did you mean reconcile?" in manage("reconcle").stderr


def manage(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"INFACTA_MODE": "test"} | variables
    return subprocess.run(
        [sys.executable, "manage.py", *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=60
    )


class Failing(SiteCommand):
    """Ends as it is told to."""

    help = "Fails."
    error: BaseException

    def handle(self, *args, **options):
        raise self.error


@pytest.mark.parametrize(
    ("error", "sentence", "status"),
    [
        (
            OperationalError("connection refused\nIs the server running?"),
            "The database does not answer (connection refused). DATABASE_URL",
            75,
        ),
        (RedisAway("Error 111"), "Redis does not answer (Error 111). REDIS_URL", 75),
        (PermissionError(13, "Permission denied", "/etc/shadow"), "/etc/shadow: Permission denied.", 1),
        (OSError(28, "No space left on device"), "No space left on device.", 1),
        (KeyboardInterrupt(), "Interrupted. What was finished stays, and nothing is half done.", 130),
        (BrokenPipeError(32, "Broken pipe"), "Nobody reads the output any more", 141),
    ],
    ids=["database", "redis", "permission", "disk", "ctrl-c", "pipe"],
)
def test_what_fails_around_a_command_is_one_sentence(db, error, sentence, status, capsys, monkeypatch):
    monkeypatch.setattr("infacta.commands.leave_closed_output", lambda: None)
    command = Failing()
    command.error = error
    with pytest.raises(SystemExit) as ended:
        command.run_from_argv(["manage.py", "failing", "--skip-checks"])
    assert ended.value.code == status
    said = capsys.readouterr().err
    assert sentence in said
    assert said.count("\n") == 1
    with pytest.raises(type(error)):
        Failing.run_from_argv(command, ["manage.py", "failing", "--skip-checks", "--traceback"])


def test_a_fault_of_the_code_keeps_its_traceback(db):
    command = Failing()
    command.error = ValueError("ours")
    with pytest.raises(ValueError, match="ours"):
        command.run_from_argv(["manage.py", "failing", "--skip-checks"])


def test_a_database_that_is_away_or_empty_is_said(tmp_path):
    away = manage("check_ledger", DATABASE_URL=f"postgres://nobody@127.0.0.1:{free_port()}/none")
    assert (away.returncode, away.stdout) == (75, "")
    assert "The database does not answer" in away.stderr
    assert "Traceback" not in away.stderr
    empty = manage("check_ledger", DATABASE_URL=f"sqlite:///{tmp_path}/empty.sqlite3", DATA_DIR=str(tmp_path))
    assert empty.returncode == 1
    assert re.search(r"The database is older than the program: \d+ migrations are missing\. Run manage\.py migrate first\.", empty.stderr)


def test_behind_head_it_ends_without_a_traceback(tmp_path):
    shell = f"set -o pipefail; {sys.executable} manage.py command_page | head -1; exit ${{PIPESTATUS[0]}}"
    ended = subprocess.run(["bash", "-c", shell], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert ended.stdout.startswith("| command |")
    assert ended.returncode in (0, 141), "0 where all of it went into the pipe before head ended"
    closed = subprocess.run(
        ["bash", "-c", f"{sys.executable} manage.py command_page > /dev/full"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert closed.returncode == 1
    assert "No space left on device" in closed.stderr
    assert "Traceback" not in closed.stderr + ended.stderr


def test_ctrl_c_ends_it_with_130_and_nothing_half_done(tmp_path):
    command = [sys.executable, "manage.py", "receive_mail"]  # it waits for standard input
    environment = os.environ | {"INFACTA_MODE": "test", "DATABASE_URL": f"sqlite:///{tmp_path}/none.sqlite3"}
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    await_reading(process.pid)
    process.send_signal(signal.SIGINT)
    _out, said = process.communicate(timeout=20)
    assert process.returncode == 130
    assert said == "CommandError: Interrupted. What was finished stays, and nothing is half done.\n"


def await_reading(pid: int) -> None:
    """Until it waits for its input."""
    for _try in range(200):
        if "pipe" in Path(f"/proc/{pid}/wchan").read_text():
            return
        time.sleep(0.05)


def test_a_terminal_sees_how_far_it_is_and_nobody_else():
    class Slow(SiteCommand):
        help = "Is slow."

        def handle(self, *args, **options):
            progress = self.progress()
            progress.show("half of it")
            progress.clear()
            self.say("Done.")

    class Terminal(StringIO):
        def isatty(self) -> bool:
            return True

    for stream, options, seen in (
        (Terminal(), {}, "\r\033[Khalf of it\r\033[K"),
        (Terminal(), {"quiet": True}, ""),
        (Terminal(), {"verbosity": 0}, ""),
        (StringIO(), {}, ""),
    ):
        out = StringIO()
        Slow(stdout=out, stderr=stream).execute(**{"verbosity": 1, "skip_checks": True, "no_color": True, "force_color": False} | options)
        assert stream.getvalue() == seen
        assert out.getvalue() == ("" if options else "Done.\n")


def test_an_error_of_a_caller_stays_as_it_is():
    """Other code that calls a command hears of the error itself."""
    with pytest.raises(CommandError, match="unrecognized arguments"):
        SiteCommand().create_parser("manage.py", "any").parse_args(["--nope"])
