"""The site does not start with missing or unsafe values, and says what to set."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.downloads.signed import ED25519, LICENCE_ED25519, RSA, UPDATE_ED25519, pem_of, public_pem_of

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
    "SIGNING_KEY": pem_of(ED25519).replace("\n", "\\n"),
    "LICENCE_KEY": pem_of(LICENCE_ED25519).replace("\n", "\\n"),
    "UPDATE_KEY": pem_of(UPDATE_ED25519).replace("\n", "\\n"),
}


def check(tmp_path: Path, **changes: str) -> subprocess.CompletedProcess[str]:
    """`manage.py check --deploy` in a process of its own, with just these variables."""
    return manage(tmp_path, "check", "--deploy", "--fail-level", "WARNING", **changes)


def manage(tmp_path: Path, *command: str, **changes: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "DATA_DIR": str(tmp_path), "ENV_FILE": os.devnull} | PRODUCTION | changes
    return subprocess.run([sys.executable, "manage.py", *command], cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


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
        ("SIGNING_KEY", "secret", "SIGNING_KEY holds no private key"),
        pytest.param("SIGNING_KEY", public_pem_of(ED25519), "SIGNING_KEY holds a public key", id="public key"),
        pytest.param("SIGNING_KEY", pem_of(RSA), "SIGNING_KEY holds a key of another kind", id="RSA key"),
        ("SIGNING_KEY_FILE", "/no/such/key.pem", "SIGNING_KEY_FILE (/no/such/key.pem) is not there"),
        ("SIGNING_KEY_FILE", "/proc", "SIGNING_KEY_FILE (/proc) cannot be read"),
        ("LICENCE_KEY", "secret", "LICENCE_KEY holds no private key"),
        ("LICENCE_KEY_FILE", "/no/such/key.pem", "LICENCE_KEY_FILE (/no/such/key.pem) is not there"),
        pytest.param("LICENCE_KEY", pem_of(ED25519), "SIGNING_KEY and LICENCE_KEY are the same key", id="one key for both"),
        ("UPDATE_KEY", "secret", "UPDATE_KEY holds no private key"),
        ("UPDATE_KEY_FILE", "/no/such/key.pem", "UPDATE_KEY_FILE (/no/such/key.pem) is not there"),
        pytest.param(
            "UPDATE_KEY", pem_of(LICENCE_ED25519), "LICENCE_KEY and UPDATE_KEY are the same key", id="one key for licences and updates"
        ),
    ],
)
def test_an_unsafe_value_stops_the_start(tmp_path, name, value, sentence):
    result = check(tmp_path, **{name: value})
    assert result.returncode != 0
    assert sentence in result.stderr


POSTMARK = {
    "EMAIL_URL": "",
    "ANYMAIL_ESP": "postmark",
    "ANYMAIL_POSTMARK_SERVER_TOKEN": "token",
    "ANYMAIL_WEBHOOK_SECRET": "postmark:0123456789abcdef",
}


def test_a_provider_mails_in_the_place_of_a_relay(tmp_path):
    assert check(tmp_path, **POSTMARK).returncode == 0
    backend = manage(tmp_path, "shell", "-c", "from django.conf import settings; print(settings.EMAIL_BACKEND)", **POSTMARK)
    assert "anymail.backends.postmark.EmailBackend" in backend.stdout
    relay = POSTMARK | {"EMAIL_URL": PRODUCTION["EMAIL_URL"]}
    assert (
        "smtp.EmailBackend"
        in manage(tmp_path, "shell", "-c", "from django.conf import settings; print(settings.EMAIL_BACKEND)", **relay).stdout
    )


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("ANYMAIL_ESP", "pigeon", "ANYMAIL_ESP is 'pigeon'"),
        ("ANYMAIL_POSTMARK_SERVER_TOKEN", "", "ANYMAIL_POSTMARK_SERVER_TOKEN is not set"),
        ("ANYMAIL_WEBHOOK_SECRET", "", "ANYMAIL_WEBHOOK_SECRET must be"),
        ("ANYMAIL_WEBHOOK_SECRET", "postmark:short", "ANYMAIL_WEBHOOK_SECRET must be"),
    ],
)
def test_a_provider_without_its_values_stops_the_start(tmp_path, name, value, sentence):
    result = check(tmp_path, **POSTMARK | {name: value})
    assert result.returncode != 0
    assert sentence in result.stderr


def test_elsewhere_a_missing_secret_is_a_warning(tmp_path):
    result = check(tmp_path, **POSTMARK | {"ANYMAIL_WEBHOOK_SECRET": "", "INFACTA_MODE": "development"})
    assert "announcements.W001" in result.stderr


STORE = {
    "DOWNLOADS_DELIVERY": "s3",
    "S3_BUCKET": "releases",
    "S3_REGION": "eu-central-1",
    "AWS_ACCESS_KEY_ID": "key",
    "AWS_SECRET_ACCESS_KEY": "secret",
}


@pytest.mark.parametrize("endpoint", ["", "https://s3.vendor.example", "https://s3.vendor.example:9000/"])
def test_an_object_store_needs_its_values_and_no_more(tmp_path, endpoint):
    result = check(tmp_path, **STORE, S3_ENDPOINT_URL=endpoint)
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("name", sorted(STORE.keys() - {"DOWNLOADS_DELIVERY"}))
def test_a_missing_value_of_the_object_store_stops_the_start(tmp_path, name):
    result = check(tmp_path, **STORE | {name: ""})
    assert result.returncode != 0
    assert f"{name} is not set: set it to" in result.stderr
    assert check(tmp_path, **STORE | {name: "", "DOWNLOADS_DELIVERY": "nginx"}).returncode == 0, "nobody else needs it"


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("http://s3.vendor.example", "S3_ENDPOINT_URL must begin with https://"),
        ("s3.vendor.example", "S3_ENDPOINT_URL is 's3.vendor.example'"),
        ("https://s3.vendor.example; script-src *", "set it to an address such as"),
    ],
)
def test_an_address_of_the_store_that_customers_cannot_go_to_stops_the_start(tmp_path, address, sentence):
    result = check(tmp_path, **STORE, S3_ENDPOINT_URL=address)
    assert result.returncode != 0
    assert sentence in result.stderr


def test_the_first_signing_key_is_made_before_there_is_one(tmp_path):
    """What the missing keys stop, the command that makes them must not be."""
    missing = {"SIGNING_KEY": "", "LICENCE_KEY": "", "UPDATE_KEY": ""}
    said = check(tmp_path, **missing).stderr
    assert "Make one: manage.py make_signing_key. " in said
    assert "Make one: manage.py make_signing_key --for licences." in said
    assert "Make one: manage.py make_signing_key --for updates." in said
    for arguments, line in (
        ([], "SIGNING_KEY_FILE={}/signing-key.pem"),
        (["--for", "licences"], "LICENCE_KEY_FILE={}/licence-key.pem"),
        (["--for", "updates"], "UPDATE_KEY_FILE={}/update-key.pem"),
    ):
        made = manage(tmp_path, "make_signing_key", *arguments, **missing)
        assert made.returncode == 0, made.stderr
        assert line.format(tmp_path) in made.stdout
    result = check(tmp_path, **missing)
    assert result.returncode == 0, result.stderr
