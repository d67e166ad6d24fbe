"""What goes out: frozen once, filled in for each recipient."""

import base64
import re
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parsedate_to_datetime

import dkim
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.core.exceptions import ImproperlyConfigured
from dkim.canonicalization import Relaxed

from announcements.models import Announcement
from announcements.sending.frozen import CannotFreeze, Frozen, Recipient
from announcements.tokens import delivery_of, verp_token
from mailroom.dkim_signing import canonical_body

NOW = datetime(2026, 5, 3, 14, 2, tzinfo=UTC)
TOKEN = "0123456789abcdef" * 2
TEXT = "{{ greeting }}\n\nNews.\n\n{{ why }}\n{{ leave_url }} {{ preferences_url }}\n{{ email }}\n"
HTML = '<html><body><p>{{ greeting }}</p><a href="{{ leave_url }}">Leave</a> {{ why }} {{ email }}</body></html>'


@pytest.fixture(autouse=True)
def site(settings) -> None:
    settings.MAIL_DOMAIN, settings.SITE_URL = "vendor.example", "https://customers.vendor.example"
    settings.DEFAULT_FROM_EMAIL, settings.SUPPORT_EMAIL = "Vendor <news@vendor.example>", "support@vendor.example"


def frozen(subject: str = "Notebook 3.1", text: str = TEXT, html: str = HTML) -> Frozen:
    return Frozen(Announcement(pk=7, frozen_subject=subject, frozen_text=text, frozen_html=html))


def recipient(email: str = "alice@example.com", name: str = "Alice Archer", basis: str = "customer") -> Recipient:
    return Recipient(4711, email, TOKEN, name, basis)


def mail(content: Frozen | None = None, **changes: str) -> EmailMessage:
    return parsed((content or frozen()).letter(recipient(**changes), NOW).source)


def parsed(source: bytes) -> EmailMessage:
    message = message_from_bytes(source, policy=policy.default)
    assert isinstance(message, EmailMessage)
    assert not message.defects
    assert max(len(line) for line in source.split(b"\r\n")) <= 200
    return message


def text_of(message: EmailMessage, kind: str = "plain") -> str:
    return message.get_body((kind,)).get_content().replace("\r\n", "\n")


def test_the_headers_are_those_of_the_reference():
    letter = frozen().letter(recipient(), NOW)
    message = parsed(letter.source)
    assert delivery_of(re.fullmatch(r"bounce\+(.*)@vendor\.example", letter.sender)[1]) == 4711
    assert message["From"] == "Vendor <news@vendor.example>"
    assert message["To"] == "alice@example.com"
    assert len(message["To"].addresses) == 1
    assert parsedate_to_datetime(message["Date"]) == NOW
    assert re.fullmatch(r"<7\.4711\.[0-9a-f]{12}@vendor\.example>", message["Message-ID"])
    assert message["List-Id"] == "Product announcements <announce.vendor.example>"
    leave = f"https://customers.vendor.example/announcements/leave/{TOKEN}/"
    assert message["List-Unsubscribe"] == f"<{leave}>, <mailto:leave+{TOKEN}@vendor.example>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert (message["List-Post"], message["Precedence"]) == ("NO", "bulk")
    assert "support@vendor.example" in message["List-Help"]
    assert "support@vendor.example" in message["List-Owner"]
    assert message["X-Auto-Response-Suppress"] == "OOF, AutoReply"
    assert message["Auto-Submitted"] is None
    assert [part.get_content_type() for part in message.walk()] == ["multipart/alternative", "text/plain", "text/html"]
    names = [name.lower() for name in message]
    assert len(names) == len(set(names))


def test_values_are_put_in_each_part():
    message = mail()
    assert text_of(message).startswith("Hello Alice Archer,\n\nNews.")
    assert f"/leave/{TOKEN}/ https://customers.vendor.example/announcements/preferences/{TOKEN}/\nalice@example.com" in text_of(message)
    assert f'<a href="https://customers.vendor.example/announcements/leave/{TOKEN}/">' in text_of(message, "html")
    assert "customer of" in text_of(message)
    assert "joined" in text_of(mail(basis="joined"))
    assert text_of(mail(name="")).startswith("Hello,\n")
    assert "{{" not in text_of(message) + text_of(message, "html")


@pytest.mark.parametrize(
    "name",
    ["Zoë Müller", "محمد بن علي", "山田 太郎", "=?utf-8?q?x?=", "a=b=20", ".", "..", "From here", "x" * 300, "O'Neil & <b>Sons</b> \"Ltd\"", "%s %(a)s {0}"],
)  # fmt: skip
def test_names_of_all_scripts_arrive_as_they_are(name):
    message = mail(name=name)
    assert text_of(message).splitlines()[0] == f"Hello {name},"
    assert "<b>Sons" not in text_of(message, "html")


@pytest.mark.parametrize("value", ["Eve\r\nBcc: all@example.com", "Eve\n\n<script>", "Eve\x00\x85\u2028Bcc: x@example.com"])
def test_nobody_puts_a_header_in(value):
    content = frozen(subject=f"News {value} {{{{ greeting }}}}")
    message = mail(content, name=value)
    assert message["Bcc"] is None
    assert "\n" not in message["Subject"]
    assert message["Subject"].startswith("News Eve")
    assert "<script>" not in text_of(message, "html")
    assert mail(content, email=f"{value}@example.com")["To"] in ("", None)


def test_a_senders_name_cannot_put_a_header_in(settings):
    settings.DEFAULT_FROM_EMAIL = 'Vendor" <x@evil.example>, Ltd\r\nBcc: all@example.com <news@vendor.example>'
    message = mail()
    assert message["Bcc"] is None
    assert len(message["From"].addresses) == 1


@pytest.mark.parametrize(
    "subject", ["Größer, schneller, schöner: das neue Notebook " * 3, "x" * 150, "العربية " * 10, "plain words " * 10, "🦊"]
)
def test_subjects_arrive_as_they_are(subject):
    assert mail(frozen(subject=subject))["Subject"] == " ".join(subject.split())


@pytest.mark.parametrize("line", ["x" * 3000, "é" * 999, "word " * 1000, "https://vendor.example/" + "y" * 2000])
def test_long_lines_are_broken_on_the_wire_and_whole_on_arrival(line):
    source = frozen(text=f"{line}\n{TEXT}", html=f"<p>{line}</p>{HTML}").letter(recipient(), NOW).source
    assert max(len(part) for part in source.split(b"\r\n")) <= 200
    assert text_of(parsed(source)).splitlines()[0] == line.rstrip() or text_of(parsed(source)).splitlines()[0] == line


def test_idn_goes_out_in_ascii_and_other_letters_as_they_are():
    assert mail(email="zoe@bücher.example")["To"] == "zoe@xn--bcher-kva.example"
    source = frozen().letter(recipient(email="zoë@bücher.example"), NOW).source
    assert "To: zoë@xn--bcher-kva.example\r\n".encode() in source


@pytest.mark.parametrize(
    "changes", [{"text": "{{ nobody }}"}, {"html": "{{ user }}"}, {"subject": "{{ x }}"}, {"text": " "}, {"subject": ""}]
)
def test_what_makes_no_mail_is_not_frozen(changes):
    with pytest.raises(CannotFreeze):
        frozen(**changes)


def test_the_same_mail_for_other_backends():
    message = frozen().message(recipient(name="<Eve>"))
    assert (message.to, message.metadata) == (["alice@example.com"], {"delivery": 4711})
    assert message.body.startswith("Hello <Eve>,")
    assert "&lt;Eve&gt;" in message.alternatives[0][0]
    assert message.message()["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message.message()["Message-ID"] == mail()["Message-ID"]


# Tokens


def test_a_token_is_read_in_any_case_and_with_the_former_key(settings):
    token = verp_token(4711)
    assert token == token.lower()
    assert delivery_of(token.upper()) == 4711
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another", [settings.SECRET_KEY]
    assert delivery_of(token) == 4711
    settings.SECRET_KEY_FALLBACKS = []
    assert delivery_of(token) is None


@pytest.mark.parametrize(
    "token", ["", "4711", "4711-000000000000", "4712-" + verp_token(4711)[5:], "-", "٤-000000000000", "9" * 19 + "-000000000000"]
)
def test_a_made_up_token_names_nothing(token):
    assert delivery_of(token) is None


# DKIM


@pytest.fixture
def key(settings, tmp_path) -> rsa.RSAPrivateKey:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    settings.DKIM_KEY_FILE = str(tmp_path / "dkim.pem")
    settings.DKIM_SELECTOR, settings.DKIM_DOMAIN = "s1", "vendor.example"
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (tmp_path / "dkim.pem").write_bytes(pem)
    return key


def verified(source: bytes, key: rsa.RSAPrivateKey) -> bool:
    der = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    record = b"v=DKIM1; k=rsa; p=" + base64.b64encode(der)
    return dkim.verify(source, dnsfunc=lambda name, timeout=5: record if name == b"s1._domainkey.vendor.example." else None)


@pytest.mark.parametrize("name", ["Alice Archer", "Zoë  Müller", "محمد"])
def test_a_signature_holds_and_covers_both_headers_of_leaving(key, name):
    source = frozen().letter(recipient(name=name), NOW).source
    assert verified(source, key)
    covered = re.search(r"h=([^;]*);", str(message_from_bytes(source)["DKIM-Signature"]))[1]
    assert {"list-unsubscribe", "list-unsubscribe-post", "from", "to", "subject", "date", "message-id"} <= set(re.split(r"[:\s]+", covered))
    assert not verified(source.replace(b"/leave/0", b"/leave/1"), key)
    assert not verified(source.replace(b"News.", b"Fake."), key)


@pytest.mark.parametrize(
    "body", [b"", b"\r\n\r\n", b"a  b\t c \r\n \t\r\nd\r\n\r\n \r\n", b"no end", b" a\r\n", b"\r\na", b"a \r\n\r\nb\t"]
)
def test_the_canonical_form_is_that_of_the_library(body):
    body = body if body.endswith(b"\r\n") or not body else body + b"\r\n"
    assert canonical_body(body) == Relaxed.canonicalize_body(body)


def test_a_key_that_is_none_is_told(settings, tmp_path):
    settings.DKIM_KEY_FILE = str(tmp_path / "none.pem")
    with pytest.raises(ImproperlyConfigured, match="DKIM_KEY_FILE"):
        frozen()
