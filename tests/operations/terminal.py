"""`manage.py setup` at a terminal, as an operator sits at one; and without one."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pexpect
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from tests.relay import Relay
from tests.server import ROOT

SECRET = 'p$ss "w\\rd#1%@:/'
"""A password that no file of variables likes."""


def bare(**variables: str) -> dict[str, str]:
    """The environment of a fresh machine."""
    return {"PATH": os.environ["PATH"], "LANG": "C.UTF-8"} | variables


def setup(file: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """The command without a terminal."""
    command = [sys.executable, "manage.py", "setup", "--file", str(file), *arguments]
    return subprocess.run(command, cwd=ROOT, env=bare(**variables), capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)


def sit_down(file: Path, *arguments: str) -> Any:
    """The command at a terminal of 200 columns."""
    arguments = ("manage.py", "setup", "--file", str(file), *arguments)
    return pexpect.spawn(sys.executable, list(arguments), cwd=str(ROOT), env=bare(), encoding="utf-8", timeout=120, dimensions=(50, 200))


def answer(terminal: Any, *pairs: tuple[str, str]) -> None:
    """Wait for each prompt (a part of it), and type the answer behind it."""
    for prompt, typed in pairs:
        terminal.expect_exact(prompt)
        terminal.expect(r": |\] |\) ")
        terminal.sendline(typed)


def ended(terminal: Any) -> tuple[int, str]:
    """Its exit status, and what it wrote since the last prompt."""
    terminal.expect(pexpect.EOF)
    terminal.close()
    return terminal.exitstatus, terminal.before


@contextmanager
def relay_with_password(user: str = "site", password: str = "sesame") -> Iterator[Relay]:
    """A relay that lets nobody in without these."""
    relay = Relay()

    def known(server: Any, session: Any, envelope: Any, mechanism: str, said: Any) -> AuthResult:
        return AuthResult(success=(said.login, said.password) == (user.encode(), password.encode()), handled=False)

    controller = Controller(
        relay, hostname="127.0.0.1", port=relay.port, authenticator=known, auth_require_tls=False, auth_required=True, decode_data=False
    )
    controller.start()
    try:
        yield relay
    finally:
        controller.stop()
