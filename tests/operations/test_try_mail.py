"""`manage.py try_mail` says in words what a real relay answers, and what to do about it."""

import smtplib
import ssl

import pytest
from django.core.management import CommandError, call_command

from bench.own_servers import free_port
from operations import relays
from tests.relay import Relay, running_relay


@pytest.fixture
def relay(settings):
    with running_relay(settings) as relay:
        settings.EMAIL_URL = f"smtp://127.0.0.1:{relay.port}"
        yield relay


def test_a_mail_with_its_code(relay, settings, capsys):
    call_command("try_mail", "ada@northwind.example", code="123456")
    [mail] = relay.received
    assert "123456" in mail.get_payload()
    assert settings.SITE_NAME in mail["Subject"]
    assert f"127.0.0.1, port {relay.port}" in capsys.readouterr().out


def refusal(address: str = "ada@northwind.example") -> str:
    with pytest.raises(CommandError) as refused:
        call_command("try_mail", address)
    return f"{refused.value.returncode}: {refused.value}"


def test_a_refused_recipient(relay):
    relay.answers["ada@northwind.example"] = "550 5.7.1 Relaying denied"
    assert refusal().startswith("1: The mail was not sent. The relay refuses the recipient (it says: 550 5.7.1 Relaying denied).")


def test_a_refused_sender(relay, monkeypatch):
    async def refuse(*args):
        return "553 5.7.1 not your address"

    monkeypatch.setattr(Relay, "handle_MAIL", refuse, raising=False)
    assert "The relay refuses the sender (it says: 553 5.7.1 not your address)" in refusal()


def test_a_relay_without_tls_and_one_that_is_not_there(relay, settings):
    settings.EMAIL_USE_TLS = True
    assert "The relay does not do what was asked" in refusal()
    settings.EMAIL_USE_TLS, settings.EMAIL_PORT = False, free_port()
    assert "Nothing listens there" in refusal()


def test_an_address_that_is_none():
    assert refusal("ada").startswith("2: 'ada' is not an e-mail address.")


def test_tls_where_there_is_none(relay):
    parts = dict(zip(relays.PARTS, ("127.0.0.1", str(relay.port), "tls", "", ""), strict=True))
    assert "TLS" in relays.refused(parts)
    assert relays.refused(parts | {"mail-security": "none"}) == ""


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (smtplib.SMTPAuthenticationError(535, b"5.7.8 bad"), "refuses user and password (it says: 535 5.7.8 bad)"),
        (smtplib.SMTPDataError(554, b"spam"), "refused the mail itself (it says: 554 spam)"),
        (smtplib.SMTPServerDisconnected("closed"), "hung up"),
        (ssl.SSLCertVerificationError("hostname mismatch"), "certificate is not valid"),
        (TimeoutError(), "Nothing answers within 15 seconds"),
    ],
)
def test_refusals_in_words(error, says):
    assert says in relays.why(error)


@pytest.mark.parametrize(
    "url", ["smtp+tls://u%40x:p%2F%3A@relay.example:587", "smtp+ssl://u:p@relay.example:465", "smtp://127.0.0.1:25", "smtp://[::1]:25"]
)
def test_addresses_survive_their_parts(url):
    assert relays.url_of(relays.parts_of(url)) == url
