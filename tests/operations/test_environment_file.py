"""Whatever an answer holds, systemd and the site read it as it was meant, or it is refused."""

from datetime import UTC, datetime

import environ
import pytest
from hypothesis import given
from hypothesis import strategies as st

from operations.setting_up import brokers
from operations.setting_up.environment_file import Unusable, changed, masked, quoted, value_of, variables_in, write
from operations.setting_up.plan import Plan, secrets_in
from operations.setting_up.question import Known

AWKWARD = ['a "b" c', "it's", "back\\slash\\", "a\\n", "50 % # no comment", "x$y", "`id`", "ä€😀", "a=b;c", "''", '"', "~", "\\\\", "\\$"]


def read_by_systemd(written: str) -> str:
    """A value by the rules of systemd.exec(5) and the parser's states in systemd's src/basic/env-file.c, for one line."""
    if not written.startswith('"'):
        assert not set(written) & set("\\\"' ")
        return written
    found, rest = "", written[1:-1]
    while rest:
        if rest[0] == "\\" and rest[1:2] in ('"', "\\", "$", "`"):
            rest = rest[1:]
        else:
            assert rest[0] != '"', "the quotes would end here"
        found, rest = found + rest[0], rest[1:]
    return found


def read_by_the_site(line: str, folder) -> str:
    file = folder / "environment"
    file.write_text(line + "\n", encoding="utf-8")
    reader = type("Reader", (environ.FileAwareEnv,), {"ENVIRON": {}})
    reader.read_env(str(file))
    return reader().str("NAME")


@pytest.mark.parametrize("value", AWKWARD)
def test_both_read_the_same(tmp_path, value):
    written = quoted(value)
    assert read_by_the_site(f"NAME={written}", tmp_path) == read_by_systemd(written) == value_of(written) == value


@given(st.text())
def test_any_text_is_kept_or_refused(value):
    try:
        written = quoted(value)
    except Unusable:
        return
    assert read_by_systemd(written) == value_of(written) == value
    assert len(written.splitlines()) <= 1


@pytest.mark.parametrize("value", ["$HOME", "a\nb", "a\rb", "a\x85b", "a\u2028b", "a\x00", " a", "a ", "\udc80"])
def test_what_neither_could_hold_is_refused(value):
    with pytest.raises(Unusable):
        quoted(value)


def test_what_stays_stays_to_the_character():
    text = "A='x'\n  odd line\n#B=1\nC=2   \nexport D=\"x\"\n"
    assert changed(text, {"A": "x", "D": "x"}) == text
    assert changed(text, {"B": "y z"}) == text.replace("#B=1\n", '#B=1\nB="y z"\n')
    assert variables_in(changed(text, {"E": "1"}))["E"] == "1"


def test_no_secret_is_shown_however_its_variable_is_called_and_it_is_written(tmp_path):
    values = {
        "ANYMAIL_MAILJET_SECRET_KEY": "mailjet-secret",
        "ANYMAIL_MAILGUN_WEBHOOK_SIGNING_KEY": "mailgun-key",
        "SENTRY_DSN": "https://sentrykey@errors.vendor.example/1",
        "STRIPE_SECRETS": 'whsec_$abc"def\\x',
        "SECRET_KEY": "a`b`c",
        "DATABASE_URL": "postgres://u:p$ss@127.0.0.1/n",
        "REDIS_URL": "unix:///run/redis.sock?password=redis-word",
    }
    public = {"SIGNING_KEY_FILE": "/etc/infacta/signing-key.pem", "AWS_ACCESS_KEY_ID": "AKIA1234", "SITE_URL": "https://u.vendor.example"}
    text = changed("", values | public)
    text += f"# {values['STRIPE_SECRETS']}\n#STRIPE_SECRETS=whsec_former\nSTRIPE_SECRETS=whsec_twice\n"
    shown = Plan(tmp_path, "", text).shown
    hidden = ("former", "twice", "mailjet-secret", "mailgun-key", "sentrykey", "abc", "def", "b`", "ss@", "redis-word")
    assert not [word for word in hidden if word in shown], shown
    assert all(f"{name}={value}\n" in shown for name, value in public.items())
    assert "errors.vendor.example/1" in shown


def test_the_copy_of_the_old_file_is_named_by_the_hour_that_it_says(tmp_path):
    file = tmp_path / "environment"
    file.write_text("A=1\n")
    began = datetime.now(UTC)
    backup = write(file, "A=2\n")
    assert backup is not None
    at = datetime.strptime(backup.name, "environment.%Y%m%d-%H%M%S-%fZ.old").replace(tzinfo=UTC)
    assert began <= at <= datetime.now(UTC)


REDIS = [
    ("redis://127.0.0.1:6379/0", "redis://127.0.0.1:6379/0", ""),
    ("redis://:p%40ss@127.0.0.1:6379/0", "redis://127.0.0.1:6379/0", "p@ss"),
    ("rediss://site:word@redis.vendor.example", "rediss://site@redis.vendor.example", "word"),
    ("redis://site@127.0.0.1/1", "redis://site@127.0.0.1/1", ""),
    ("unix:///run/redis.sock", "unix:///run/redis.sock", ""),
    ("unix://:word@/run/redis.sock?db=1", "unix:///run/redis.sock?db=1", "word"),
]


@pytest.mark.parametrize(("url", "address", "password"), REDIS)
def test_the_address_of_redis_and_its_password_come_apart_and_together(url, address, password):
    parts = brokers.parts_of(url)
    assert parts == {"redis-url": address, "redis-password": password}
    assert brokers.url_of(parts) == brokers.url_of(parts, url) == url


@pytest.mark.parametrize(
    ("url", "domain"),
    [
        ("https://northwind.example", "northwind.example"),
        ("https://customers.northwind.example", "northwind.example"),
        ("http://localhost:8000", "localhost"),
        ("", "localhost"),
    ],
)
def test_where_the_vendors_mail_lives(url, domain, tmp_path):
    known = Known({}, tmp_path)
    known["site-url"] = url
    assert known.domain == domain


def test_nothing_secret_is_shown():
    text = "SECRET_KEY=s3cr3t-key\nSTRIPE_SECRETS=whsec_abc\nDATABASE_URL=postgres://u:p%23ss@h/n\nREDIS_URL=redis://:redis-pass@h/0\nSITE_NAME=x\n"
    shown = masked(text, secrets_in(variables_in(text)))
    assert not {"s3cr3t-key", "whsec_abc", "p%23ss", "redis-pass"} & set(
        shown.replace("=", " ").replace("@", " ").replace(":", " ").split()
    )
    assert "SITE_NAME=x" in shown
