"""Answers that nobody is asked for: from options, a file of answers, and the environment."""

import os
import tomllib
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from infacta.commands import UNUSABLE
from operations import relays
from operations.setting_up import brokers, databases
from operations.setting_up.questions import QUESTIONS

ADDRESSES = {"database-url": "DATABASE_URL", "mail-url": "EMAIL_URL", "redis-url": "REDIS_URL"}


def given(options: dict[str, Any]) -> dict[str, str]:
    """Answers that nobody is asked for; options go before the file of answers, and that before the environment."""
    answers = from_environment() if options["no_input"] else {}
    answers |= for_setup_alone()
    answers |= from_file(options["answers"]) if options["answers"] else {}
    for name, value in {"database-url": options["database_url"], "mail-url": options["mail_url"]}.items():
        answers |= {name: value} if value else {}
    answers |= from_addresses(answers)
    for question in QUESTIONS:
        name = question.option.replace("-", "_")
        if question.is_secret and options[f"{name}_file"]:
            answers[question.option] = line_of(Path(options[f"{name}_file"]))
        elif not question.is_secret and options[name] is not None:
            answers[question.option] = options[name]
    return answers | redis_in_parts(answers)


def from_environment() -> dict[str, str]:
    answers = {question.option: os.environ[question.variable] for question in QUESTIONS if question.variable in os.environ}
    addresses = {name: os.environ.get(variable, "") for name, variable in ADDRESSES.items()}
    return answers | {name: value for name, value in addresses.items() if value}


def from_addresses(answers: dict[str, str]) -> dict[str, str]:
    """The parts of whole addresses that were given."""
    found: dict[str, str] = {}
    for name, module in (("database-url", databases), ("mail-url", relays)):
        url = answers.get(name, "")
        parts = module.parts_of(url) if url else {}
        if url.startswith("sqlite"):
            found["database"] = "sqlite"
        elif url and not parts:
            raise CommandError(f"--{name} is no such address: write it as docs/environment.md does.", returncode=UNUSABLE)
        found |= {"database": "postgresql", **parts} if module is databases and parts else parts
    return found


def redis_in_parts(answers: dict[str, str]) -> dict[str, str]:
    """The address of Redis that was given, without its password; one that was given by itself goes before the one in it."""
    parts = brokers.parts_of(answers.get("redis-url", ""))
    return parts | {"redis-password": answers.get("redis-password") or parts["redis-password"]} if parts else {}


def from_file(path: Path) -> dict[str, str]:
    try:
        answers = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise CommandError(f"--answers {path} cannot be read: {error}.", returncode=UNUSABLE) from error
    names = {question.option for question in QUESTIONS} | {"database-url", "mail-url"}
    if unknown := sorted(answers.keys() - names):
        raise CommandError(f"--answers {path} answers what nobody asks: {', '.join(unknown)}.", returncode=UNUSABLE)
    return {name: str(value) for name, value in answers.items()}


def line_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{path} cannot be read: {error}.", returncode=UNUSABLE) from error


def for_setup_alone(prefix: str = "SETUP_") -> dict[str, str]:
    """Passwords and other answers in the environment that are no variables of the site: SETUP_MAIL_PASSWORD is mail-password."""
    return {name.removeprefix(prefix).lower().replace("_", "-"): value for name, value in os.environ.items() if name.startswith(prefix)}
