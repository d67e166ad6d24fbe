"""The site does not start with missing or unsafe values, and says what to set."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

PRODUCTION = {
    "INFACTA_MODE": "production",
    "SITE_URL": "https://customers.vendor.example",
    "SECRET_KEY": "x8Kq2mZ5vN1bT7wR4yU0pL3sD6fG9hJc-aE_iOxQzXcVbNmKjHgFdSaPoIuYtReWq",
    "DATABASE_URL": "postgres://infacta@localhost/infacta",
    "REDIS_URL": "redis://localhost:6379/0",
    "EMAIL_URL": "smtp+tls://user:secret@relay.vendor.example:587",
    "MAIL_FROM": "Vendor <site@vendor.example>",
    "SUPPORT_EMAIL": "support@vendor.example",
    "PRIVACY_EMAIL": "privacy@vendor.example",
    "VENDOR_ADDRESS": "Vendor Ltd, 1 Example Street",
    "TRUSTED_PROXIES": "127.0.0.1",
}


def check(tmp_path: Path, **changes: str) -> subprocess.CompletedProcess[str]:
    """`manage.py check --deploy` in a process of its own, with just these variables."""
    environment = {"PATH": os.environ["PATH"], "DATA_DIR": str(tmp_path), "ENV_FILE": os.devnull} | PRODUCTION | changes
    command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def test_production_is_silent_when_all_is_said(tmp_path):
    result = check(tmp_path)
    assert result.returncode == 0, result.stderr
    assert "no issues (0 silenced)" in result.stdout


@pytest.mark.parametrize("name", sorted(PRODUCTION.keys() - {"INFACTA_MODE"}))
def test_a_missing_value_stops_the_start(tmp_path, name):
    result = check(tmp_path, **{name: ""})
    assert result.returncode != 0
    assert f"{name} is not set" in result.stderr


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("SECRET_KEY", "short", "SECRET_KEY is shorter than 50"),
        ("SITE_URL", "http://customers.vendor.example", "must begin with https://"),
        ("DATABASE_URL", "sqlite:///site.sqlite3", "does not name a PostgreSQL database"),
        ("SUPPORT_EMAIL", "support", "SUPPORT_EMAIL is 'support'"),
        ("PRIVACY_EMAIL", "a@b.example, c@d.example", "set it to one e-mail address"),
        ("ALLOWED_HOSTS", "*", "ALLOWED_HOSTS holds '*'"),
        ("TRUSTED_PROXIES", "10.0.0.1/8", "10.0.0.1/8 has host bits set"),
        ("INFACTA_MODE", "prod", "INFACTA_MODE is 'prod'"),
        ("DOWNLOADS_DELIVERY", "apache", "DOWNLOADS_DELIVERY is 'apache'"),
    ],
)
def test_an_unsafe_value_stops_the_start(tmp_path, name, value, sentence):
    result = check(tmp_path, **{name: value})
    assert result.returncode != 0
    assert sentence in result.stderr
