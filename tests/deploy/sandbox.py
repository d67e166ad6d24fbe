"""Runs a command in what can be had, without systemd, of the sandbox that a unit of deploy/systemd/ gives it: the filter of system calls, no memory
that is written and executed, no new privileges. `python -m tests.deploy.sandbox UNIT COMMAND…`; a test walks through the site in it.
"""

import ctypes
import errno
import os
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pyseccomp

UNITS = Path(__file__).resolve().parents[2] / "deploy" / "systemd"
PR_SET_NO_NEW_PRIVS, PR_SET_MDWE = 38, 65


@cache
def groups() -> dict[str, list[str]]:
    """systemd's groups of system calls: what stands in each, other groups included."""
    listed = subprocess.run(["systemd-analyze", "syscall-filter", "--no-pager"], check=True, capture_output=True, text=True).stdout
    blocks = re.findall(r"^(@[\w-]+)\n((?:[ \t]+.*\n?)+)", listed, re.MULTILINE)
    return {name: [word for line in body.splitlines() if not (word := line.strip()).startswith("#")] for name, body in blocks}


def members(name: str) -> set[str]:
    if not name.startswith("@"):
        return {name}
    return {call for word in groups()[name] for call in members(word)}


def allowed_by(unit: str) -> set[str]:
    """Read as systemd reads it: the first line allows, lines with ~ take away."""
    allowed: set[str] = set()
    for line in re.findall(r"^SystemCallFilter=(.*)$", (UNITS / unit).read_text(), re.MULTILINE):
        calls = {call for name in line.lstrip("~").split() for call in members(name)}
        allowed = allowed - calls if line.startswith("~") else allowed | calls
    return allowed


def confine(unit: str) -> None:
    """From here on this process, and all that come of it, have what the unit allows."""
    text = (UNITS / unit).read_text()
    calls = allowed_by(unit)
    libc = ctypes.CDLL(None, use_errno=True)
    assert "NoNewPrivileges=yes" in text
    libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    if "MemoryDenyWriteExecute=yes" in text and libc.prctl(PR_SET_MDWE, 1, 0, 0, 0):
        assert ctypes.get_errno() == errno.EINVAL, "only kernels before 6.3 do not know it"
    rules = pyseccomp.SyscallFilter(pyseccomp.ERRNO(errno.EPERM))
    for call in calls:
        try:
            rules.add_rule(pyseccomp.ALLOW, call)
        except (OSError, RuntimeError, ValueError):
            continue  # this kind of machine has no such call
    rules.load()


if __name__ == "__main__":
    confine(sys.argv[1])
    os.execv(sys.argv[2], sys.argv[2:])
