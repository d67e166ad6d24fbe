"""What is done once all is answered: folders and keys, the file, and the site's own commands with that file as their environment."""

import os
import subprocess
import sys
from pathlib import Path

from django.core.management.base import CommandError

from downloads.signing import make_key
from infacta.commands import WRONG
from operations.data_folders import DATA_FOLDERS
from operations.setting_up.environment_file import masked
from operations.setting_up.plan import KEY_FILES, Plan, secrets_in

MANAGE = Path(__file__).resolve().parents[2] / "manage.py"


def make_folders(plan: Plan) -> list[Path]:
    """The folders of files, two of which nginx reads by its group, and that of keys, which nobody else enters; returns those that were not there,
    without what lies in them."""
    variables = plan.variables
    data = Path(variables["DATA_DIR"])
    wanted = [(data, 0o750), *((data / name, mode) for name, mode in DATA_FOLDERS.items())]
    wanted += [(Path(variables[f"{name}_FILE"]).parent, 0o700) for name in KEY_FILES if variables.get(f"{name}_FILE")]
    wanted.append((plan.path.parent, 0o700))
    made: list[Path] = []
    for folder, mode in wanted:
        if not folder.exists():
            folder.mkdir(parents=True)
            folder.chmod(mode)
            made.append(folder)
    return [folder for folder in made if folder.parent not in made]


def make_keys(plan: Plan) -> list[Path]:
    """Each key that is not there; returns the new files."""
    made = []
    for name, file in KEY_FILES.items():
        if plan.variables.get(name):
            continue
        path = Path(plan.variables.get(f"{name}_FILE") or Path(plan.variables["DATA_DIR"]) / file)
        if not path.exists():
            make_key(path)
            made.append(path)
    return made


def environment_of(plan: Plan) -> dict[str, str]:
    """That of this process, in which nothing goes before the file."""
    own = plan.variables.keys() | {"DJANGO_SETTINGS_MODULE"}
    return {name: value for name, value in os.environ.items() if name not in own} | {"ENV_FILE": str(plan.path)}


def manage(plan: Plan, *arguments: str) -> tuple[int, str, str]:
    """One of the site's commands: its exit status, and what it wrote, without secrets."""
    command = [sys.executable, str(MANAGE), *arguments, "--no-color"]
    result = subprocess.run(command, cwd=MANAGE.parent, env=environment_of(plan), capture_output=True, text=True, check=False)  # noqa: S603 (our own)
    hidden = secrets_in(plan.variables)
    return result.returncode, masked(result.stdout, hidden).strip(), masked(result.stderr, hidden).strip()


def do(plan: Plan, *arguments: str) -> str:
    """The same, and what it wrote; raises CommandError with its words if it fails."""
    status, out, err = manage(plan, *arguments)
    if status:
        raise CommandError(
            f"manage.py {arguments[0]} failed:\n{err or out}\n{plan.path} is written. Mend that, and run setup again: it goes on.",
            returncode=WRONG,
        )
    return out


def options(**values: str) -> list[str]:
    """As arguments, those that have a value: a name that begins with a hyphen is none of an option."""
    return [f"--{name.replace('_', '-')}={value}" for name, value in values.items() if value]
