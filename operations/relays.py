"""The mail relay that an operator names: its address from parts and back, whether it lets us in, and its refusals in words."""

import smtplib
import socket
import ssl
from collections.abc import Mapping
from contextlib import suppress
from urllib.parse import quote, unquote, urlsplit

from operations.here import HERE

PARTS = ("mail-host", "mail-port", "mail-security", "mail-user", "mail-password")
SCHEMES = {"starttls": "smtp+tls", "tls": "smtp+ssl", "none": "smtp"}
PORTS = {"starttls": "587", "tls": "465", "none": "25"}
TIMEOUT = 15  # seconds


def parts_of(url: str) -> dict[str, str]:
    """The parts of a relay's address; none of what is no such address."""
    parts = urlsplit(url)
    security = {scheme: name for name, scheme in SCHEMES.items()}.get(parts.scheme.replace("smtps", "smtp+tls"), "")
    if not security:
        return {}
    try:
        port = str(parts.port or PORTS[security])
    except ValueError:
        port = ""
    found = (parts.hostname or "", port, security, unquote(parts.username or ""), unquote(parts.password or ""))
    return dict(zip(PARTS, found, strict=True))


def url_of(parts: Mapping[str, str], present: str = "") -> str:
    """The address of these parts; "" without a host, and the present one as it stands if it has the same."""
    if not parts["mail-host"]:
        return ""
    if parts_of(present) == {part: parts[part] for part in PARTS}:
        return present
    host, port, security, user, password = (parts[part] for part in PARTS)
    who = f"{quote(user, safe='')}:{quote(password, safe='')}@" if user else ""
    return f"{SCHEMES[security]}://{who}{f'[{host}]' if ':' in host else host}:{port}"


def refused(parts: Mapping[str, str]) -> str:
    """What is wrong with the relay, in a sentence; "" if it lets us in, or there is none. Nothing is sent."""
    host, port, security, user, password = (parts[part] for part in PARTS)
    if not host:
        return ""
    if user and security == "none" and host not in HERE:
        return "Without TLS the password would be readable on its way: choose starttls or tls."
    try:
        relay = connected(host, int(port), security)
        try:
            if user:
                relay.login(user, password)
        finally:
            with suppress(smtplib.SMTPException, OSError):
                relay.quit()
    except (smtplib.SMTPException, OSError, UnicodeError) as error:
        return why(error)
    return ""


def connected(host: str, port: int, security: str) -> smtplib.SMTP:
    context = ssl.create_default_context()
    if security == "tls":
        return smtplib.SMTP_SSL(host, port, timeout=TIMEOUT, context=context)
    relay = smtplib.SMTP(host, port, timeout=TIMEOUT)
    if security == "starttls":
        relay.starttls(context=context)
    return relay


def why(error: BaseException) -> str:
    """What went wrong when we spoke to a relay, and what to do about it: one or two sentences."""
    for kind, sentence in REASONS:
        if isinstance(error, kind):
            return sentence.format(answer=answer_of(error))
    return f"It failed: {error}."


def answer_of(error: BaseException) -> str:
    """The relay's own words."""
    words: bytes | str
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, words = next(iter(error.recipients.values()))
    elif isinstance(error, smtplib.SMTPResponseException):
        code, words = error.smtp_code, error.smtp_error
    else:
        return str(error)
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else str(words)
    return f"{code} {' '.join(text.split())}"[:300]


REASONS: tuple[tuple[type[BaseException], str], ...] = (
    (
        smtplib.SMTPAuthenticationError,
        "The relay refuses user and password (it says: {answer}). Type both again; many providers want a password made for programs.",
    ),
    (
        smtplib.SMTPNotSupportedError,
        "The relay does not do what was asked ({answer}): another port usually does. 587 goes with starttls, 465 with tls, 25 with none.",
    ),
    (
        smtplib.SMTPSenderRefused,
        "The relay refuses the sender (it says: {answer}). Give an address as sender that this relay lets you send from.",
    ),
    (
        smtplib.SMTPRecipientsRefused,
        "The relay refuses the recipient (it says: {answer}). If it says something of relaying, it wants user and password, or does not know this host.",
    ),
    (
        smtplib.SMTPDataError,
        "The relay took the addresses and refused the mail itself (it says: {answer}). Its operator knows what it dislikes.",
    ),
    (
        smtplib.SMTPServerDisconnected,
        "The relay hung up ({answer}). On port 465 it speaks TLS from the first byte: choose tls there, and starttls on 587.",
    ),
    (smtplib.SMTPException, "The relay does not go along (it says: {answer})."),
    (
        ssl.SSLCertVerificationError,
        "The relay's certificate is not valid for this name ({answer}). Name the host as the certificate does, or have it renewed.",
    ),
    (ssl.SSLError, "There is no TLS to be had on this port ({answer}): 465 goes with tls, 587 with starttls."),
    (ConnectionRefusedError, "Nothing listens there: check host and port (587 with starttls, 465 with tls, 25 with none)."),
    (socket.gaierror, "There is no such host: check its name."),
    (
        TimeoutError,
        "Nothing answers within {answer}: check host and port; many networks let nobody out on port 25.".replace(
            "{answer}", f"{TIMEOUT} seconds"
        ),
    ),
    (OSError, "The relay cannot be reached: {answer}."),
    (UnicodeError, "The relay takes user and password in ASCII alone: set ones without other characters at the relay."),
)
