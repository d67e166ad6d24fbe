"""What an operator's answers become: the variables, and the text of the file that holds them."""

import base64
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from operations import relays
from operations.setting_up import brokers, databases
from operations.setting_up.environment_file import changed, masked, variables_in
from operations.setting_up.question import Known
from operations.setting_up.questions import QUESTIONS

KEY_FILES = {"SIGNING_KEY": "signing-key.pem", "LICENCE_KEY": "licence-key.pem", "UPDATE_KEY": "update-key.pem"}
SECRET_ENDINGS = ("_KEY", "_SECRETS", "_SECRET", "_TOKEN", "_FALLBACKS", "_PASSWORD")
"""How the names of secret variables end; those of key files end in _KEY_FILE."""
DEVELOPMENT_BEGINS = "# To try the site out: `manage.py setup` wrote this. .env.example shows what else can be set.\n"


@dataclass(frozen=True)
class Plan:
    path: Path
    old: str
    new: str

    @property
    def changes(self) -> bool:
        return self.old != self.new

    @property
    def variables(self) -> dict[str, str]:
        return variables_in(self.new)

    @property
    def shown(self) -> str:
        """The file without its secrets."""
        return masked(self.new, secrets_written(self.new))


def secrets_in(variables: Mapping[str, str]) -> list[str]:
    """The values that nobody may see on a screen."""
    named = [value for name, value in variables.items() if name.endswith(SECRET_ENDINGS)]
    passwords = [databases.parts_of(variables.get("DATABASE_URL", "")).get("database-password", "")]
    passwords += [relays.parts_of(variables.get("EMAIL_URL", "")).get("mail-password", "")]
    passwords += [brokers.parts_of(variables.get("REDIS_URL", "")).get("redis-password", "")]
    passwords += [urlsplit(variables.get("SENTRY_DSN", "")).username or ""]
    return [value for value in named + passwords if len(value) > 3]


def secrets_written(text: str) -> list[str]:
    """Those of each line, for a variable may be set twice; and those that are commented out, which may be good yet."""
    return [secret for line in text.splitlines() for secret in secrets_in(variables_in(line.lstrip("# ")))]


def present_in(text: str, example: str) -> dict[str, str]:
    """What the file says, but for what it still says as the example does."""
    shown = variables_in(example)
    return {name: value for name, value in variables_in(text).items() if value and value != shown.get(name)}


def earlier_answers(present: Mapping[str, str]) -> dict[str, str]:
    """The answers that these variables came from, by option."""
    answers = {question.option: present[question.variable] for question in QUESTIONS if question.variable in present}
    if "DATABASE_URL" in present:
        answers |= {"database": "postgresql", **databases.parts_of(present["DATABASE_URL"])}
        answers["database"] = "postgresql" if "database-host" in answers else "sqlite"
    answers |= brokers.parts_of(present.get("REDIS_URL", "")) | relays.parts_of(present.get("EMAIL_URL", ""))
    if "SIGNING_KEY_FILE" in present:
        answers["keys-folder"] = str(Path(present["SIGNING_KEY_FILE"]).parent)
    return answers


def planned(path: Path, old: str, example: str, known: Known) -> Plan:
    """The file as it shall be. Keys are made where there are none, and never changed."""
    text = old or (example if known.is_production else DEVELOPMENT_BEGINS)
    shown, now = variables_in(example), variables_in(text)
    values = {name: value for name, value in settled(known).items() if value or now.get(name)}
    if not now.get("SECRET_KEY"):
        values["SECRET_KEY"] = secrets.token_urlsafe(64)
        if not now.get("AUDIT_KEY"):
            values["AUDIT_KEY"] = secrets.token_urlsafe(48)
    values |= demo_secret(known, now)
    if known.is_production:
        values |= {
            f"{name}_FILE": str(Path(known["keys-folder"]) / file)
            for name, file in KEY_FILES.items()
            if not now.get(name) and now.get(f"{name}_FILE") in (None, "", shown.get(f"{name}_FILE"))
        }
    return Plan(path, old, changed(text, values))


def demo_secret(known: Known, now: Mapping[str, str]) -> dict[str, str]:
    """What `make demo` signs with where the site is tried out. A real site does not inherit it: it has no name of a partner to tell."""
    is_there, name = bool(now.get("STANDARD_WEBHOOKS_SECRETS")), now.get("STANDARD_WEBHOOKS_NAME")
    if not known.is_production and not is_there:
        return {"STANDARD_WEBHOOKS_SECRETS": f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"}
    if known.is_production and is_there and not name and now.get("INFACTA_MODE") == "development":
        return {"STANDARD_WEBHOOKS_SECRETS": ""}
    return {}


def settled(known: Known) -> dict[str, str]:
    values = {question.variable: known[question.option] for question in QUESTIONS if question.variable}
    values["REDIS_URL"] = brokers.url_of(known, known.present.get("REDIS_URL", ""))
    values["EMAIL_URL"] = relays.url_of(known, known.present.get("EMAIL_URL", ""))
    values["DATABASE_URL"] = (
        databases.url_of(known, known.present.get("DATABASE_URL", "")) if known.on_postgresql else databases.sqlite_url(known["data-dir"])
    )
    return values
