"""What docs/environment.md and .env.example say is what the code reads."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

from downloads.signing import make_key
from infacta import leftovers

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT = (ROOT / "docs" / "environment.md").read_text()
EXAMPLE = (ROOT / ".env.example").read_text()


# The variables


def names_read(path: str, *functions: str) -> set[str]:
    """The variables that a file asks for: the first argument of each call of these functions, where it is a plain string."""
    calls = [node for node in ast.walk(ast.parse((ROOT / path).read_text())) if isinstance(node, ast.Call) and node.args]
    asked = [call.args[0] for call in calls if re.fullmatch("|".join(functions), ast.unparse(call.func))]
    return {name.value for name in asked if isinstance(name, ast.Constant)}


NEEDED = names_read("infacta/settings.py", "required", "required_address")
READ_BY_SETTINGS = names_read("infacta/settings.py", "required", "required_address", r"env\.\w+")
READ_BY_GUNICORN = names_read("gunicorn.conf.py", r"os\.environ\.get", r"os\.getenv")
READ = READ_BY_SETTINGS | READ_BY_GUNICORN


def table() -> dict[str, str]:
    """The table of variables: what each row says of production, by the variable's name."""
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in ENVIRONMENT.splitlines() if line.startswith("| `")]
    return {name.strip("`"): production for name, _meaning, _default, production in rows}


def test_the_table_names_every_variable_and_no_other():
    assert len(READ_BY_SETTINGS) > 25
    assert len(READ_BY_GUNICORN) > 3
    assert set(table()) == READ


def test_every_other_way_of_reading_the_environment_is_known():
    """`os.environ` is not read behind the table's back."""
    assert "os.environ" not in (ROOT / "infacta/settings.py").read_text()
    assert not re.search(r"environ\[|getenv", (ROOT / "gunicorn.conf.py").read_text())


def test_the_page_names_what_gunicorn_reads_before_the_site():
    [sentence] = re.findall(r"^gunicorn itself reads (.*?)before the site is loaded", ENVIRONMENT, re.MULTILINE | re.DOTALL)
    assert set(re.findall(r"`(\w+)`", sentence)) == READ_BY_GUNICORN


def test_the_table_says_which_are_needed():
    assert {name for name, production in table().items() if production.startswith("needed")} == NEEDED | {
        "SIGNING_KEY_FILE",
        "LICENCE_KEY_FILE",
        "UPDATE_KEY_FILE",
    }


def example() -> dict[str, bool]:
    """Whether .env.example sets the variable (True), or only shows it in a comment."""
    return {name: not comment for comment, name in re.findall(r"^(#?)([A-Z0-9_]+)=", EXAMPLE, re.MULTILINE)}


def test_the_example_names_what_production_needs_and_nothing_unknown():
    assert {name for name, is_set in example().items() if is_set} >= NEEDED | {"INFACTA_MODE"}
    assert example().keys() <= READ
    assert READ - example().keys() == {"ENV_FILE", "PORT", "PROMETHEUS_MULTIPROC_DIR"}, (
        "the file itself, the port that BIND names already, and a folder that gunicorn makes for itself, and which no other process may count in"
    )


def start_with(tmp_path: Path, text: str) -> subprocess.CompletedProcess[str]:
    """`manage.py check --deploy` with this file of variables."""
    file = tmp_path / "environment"
    file.write_text(text)
    environment = {"PATH": os.environ["PATH"], "ENV_FILE": str(file), "DATA_DIR": str(tmp_path)}
    command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def test_the_example_starts_once_it_is_filled_in(tmp_path):
    result = start_with(tmp_path, EXAMPLE)
    assert result.returncode != 0
    assert re.findall(r"^  - (\w+) is not set", result.stderr, re.MULTILINE) == ["SECRET_KEY"]
    assert re.findall(r"^  - (\w+) is still the example's", result.stderr, re.MULTILINE) == [
        "SITE_URL",
        "VENDOR_ADDRESS",
        "SUPPORT_EMAIL",
        "PRIVACY_EMAIL",
        "DATABASE_URL",
        "EMAIL_URL",
        "MAIL_FROM",
    ]
    key = "k9Xw2mQ7vN4bT1zR8yU5pL0sD3fG6hJc-aE_iOxQzXcVbNmKjHgFdSaPoIuYtReWq"
    filled_in = EXAMPLE.replace("\nSECRET_KEY=\n", f"\nSECRET_KEY={key}\n").replace("change-me", "secret")
    filled_in = filled_in.replace("example.com", "vendor.example").replace("Example Software", "Vendor").replace("Exampletown", "Galway")
    said = start_with(tmp_path, filled_in).stderr
    for name in ("signing", "licence", "update"):
        assert f"{name.upper()}_KEY_FILE (/etc/infacta/{name}-key.pem) is not there" in said
        make_key(tmp_path / f"{name}-key.pem")
    result = start_with(tmp_path, filled_in.replace("=/etc/infacta/", f"={tmp_path}/"))
    assert result.returncode == 0, result.stderr


def test_every_invented_value_of_the_example_is_refused_in_production():
    invented = {
        name: value
        for name, value in re.findall(r"^#?([A-Z0-9_]+)=(.*)$", EXAMPLE, re.MULTILINE)
        if re.search("(?i)example|change-me", value)
    }
    assert invented.keys() == set(leftovers.NAMES), "infacta/leftovers.py names them all, and no others"
    assert all(leftovers.is_leftover(value) for value in invented.values())
    for own in (
        "https://kunden.vendor.example",
        "Example & Sons <site@northwind.de>",
        "1 Example Street, Cork",
        "sales@myexample.com.de",
        "a@for-example.org",
        "https://shop.example.com.au",
    ):
        assert not leftovers.is_leftover(own)


def test_systemd_reads_the_example_as_we_do(tmp_path):
    """systemd takes a line as it stands, but for one pair of quotes around a value; ours must not hold more than that."""
    for value in re.findall(r"^#?[A-Z0-9_]+=(.*)$", EXAMPLE, re.MULTILINE):
        assert re.fullmatch(r'"[^"\\$]*"|[^"\'\\$\s#]*', value), value
