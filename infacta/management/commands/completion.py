"""`manage.py completion SHELL`: the script by which a shell completes the site's commands."""

from typing import Any

from django.core.management.base import CommandParser

from infacta.commands import DONE, SiteCommand
from infacta.completion import SHELLS, script_for


class Command(SiteCommand):
    help = (
        "Print the script by which a shell completes commands, options, choices and files behind `manage`, `manage.py` and `./manage.py`. It is made "
        "once and kept where the shell looks for it, so that completing starts no Python; make it anew after an update of the site."
    )
    examples = (
        "bash > /usr/share/bash-completion/completions/manage",
        "zsh > /usr/local/share/zsh/site-functions/_manage",
        "fish > /etc/fish/completions/manage.fish",
    )
    statuses = {DONE: "the script is printed"}
    requires_system_checks = []  # an operator wants it before the site is set up

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("shell", choices=SHELLS, help="which shell it is for")

    def handle(self, *args: Any, shell: str, **options: Any) -> None:
        self.stdout.write(script_for(shell))
