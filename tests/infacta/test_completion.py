"""Completion in real shells: the script that `manage.py completion` prints, asked as Tab asks it."""

import os
import pty
import select
import shutil
import subprocess
import time
from pathlib import Path

import pytest
from django.core.management import call_command

from infacta.completion import SHELLS

ASKED = [
    ("manage recon", {"reconcile", "reconcile_support"}),
    ("manage.py recon", {"reconcile", "reconcile_support"}),
    ("./manage.py recon", {"reconcile", "reconcile_support"}),
    ("manage reconcile stri", {"stripe"}),
    ("manage reconcile --rep", {"--repair"}),
    ("manage make_signing_key --for ", {"releases", "licences", "updates"}),
    ("manage audit_export --kind purchases.imp", {"purchases.imported"}),
    ("manage import_subscribers fri", {"friends.csv"}),
    ("manage migr", {"migrate"}),
]
PLAIN = "unsetopt zle_bracketed_paste list_ambiguous"  # of zsh: what is offered is listed at the first Tab
asked = pytest.mark.parametrize(("line", "offered"), ASKED, ids=[line for line, _offered in ASKED])


@pytest.fixture(scope="module")
def scripts(tmp_path_factory) -> Path:
    """A folder with the script of each shell."""
    folder = tmp_path_factory.mktemp("completion")
    for shell in SHELLS:
        with (folder / f"script.{shell}").open("w") as file:
            call_command("completion", shell, stdout=file)
    return folder


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """Where somebody sits, with a file to complete."""
    (tmp_path / "friends.csv").write_text("")
    (tmp_path / "manage.py").write_text("")
    (tmp_path / "manage.py").chmod(0o755)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def needs(shell: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(shutil.which(shell) is None, reason=f"{shell} is not installed; .ci/run installs it")


def said_by(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=20).stdout


@needs("bash")
@asked
def test_bash(scripts, folder, line, offered):
    program, *words = line.split(" ")
    quoted = " ".join(f"'{word}'" for word in [program, *words])
    ask = f"""
        source {scripts}/script.bash
        complete -p {Path(program).name} >/dev/null || exit 3
        COMP_WORDS=({quoted}); COMP_CWORD={len(words)}; COMP_LINE='{line}'; COMP_POINT={len(line)}
        _shtab_infacta {program} "${{COMP_WORDS[-1]}}" "${{COMP_WORDS[-2]}}" 2>/dev/null
        printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    assert set(said_by("bash", "--norc", "-c", ask).split()) == offered


@needs("fish")
@asked
def test_fish(scripts, folder, line, offered):
    said = said_by("fish", "--no-config", "-c", f"source {scripts}/script.fish; complete -C '{line}'")
    assert {row.partition("\t")[0] for row in said.splitlines()} >= offered
    assert {row.partition("\t")[0] for row in said.splitlines()} <= offered | {"friends.csv"}


@needs("zsh")
@asked
def test_zsh(scripts, folder, line, offered):
    """A real zsh at a terminal, where the script lies among the functions that it loads by itself."""
    shutil.copy(scripts / "script.zsh", folder / "_manage")
    shown = typed_into_zsh(folder, line)
    for word in offered:
        assert word in shown
    assert "check_ledger" not in shown


def typed_into_zsh(folder: Path, line: str) -> str:
    """What the terminal shows after the line and Tab."""
    child, terminal = pty.fork()
    if child == 0:
        os.execvpe("zsh", ["zsh", "-f", "-i"], os.environ | {"TERM": "dumb", "PS1": "> "})
    try:
        os.write(terminal, f"fpath=({folder} $fpath); autoload -U compinit; compinit -u -D; {PLAIN}; PS1='re''ady> '\n".encode())
        read_until(terminal, "ready> ", 10)
        os.write(terminal, f"{line}\t".encode())
        return read_until(terminal, "\0", 1.0)
    finally:
        os.close(terminal)
        os.kill(child, 9)
        os.waitpid(child, 0)


def read_until(terminal: int, text: str, seconds: float) -> str:
    """What comes until the text comes, or nothing has come for so long."""
    said, until = "", time.monotonic() + seconds
    while text not in said and time.monotonic() < until:
        if select.select([terminal], [], [], 0.1)[0]:
            said += os.read(terminal, 65_536).decode(errors="replace")
    return said


@needs("bash")
def test_completing_starts_no_python_and_takes_no_time(scripts):
    """Half a second for the script and ten Tabs, in a shell that finds no program at all."""
    ask = f"source {scripts}/script.bash; COMP_WORDS=(manage ''); COMP_CWORD=1; for n in 1 2 3 4 5 6 7 8 9 10; do _shtab_infacta manage '' manage; done"
    began = time.monotonic()
    subprocess.run(["/bin/bash", "--norc", "-c", ask], env={"PATH": "/nowhere"}, check=True, timeout=20, capture_output=True)
    assert time.monotonic() - began < 0.5 * 4, "on a machine that does other things too"
