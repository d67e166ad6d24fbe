"""The relay, and what the world asks of a sender. Nothing is sent."""

import smtplib
import ssl
from email.utils import parseaddr

import dns.exception
import dns.resolver
from django.conf import settings

from operations.production.findings import Asked, Finding, ok, warning, wrong

SECONDS = 10


def relay(asked: Asked) -> Finding:
    """It answers, speaks TLS with a certificate that we believe, and knows us."""
    if not settings.EMAIL_URL:
        return (
            ok(f"{settings.ANYMAIL_ESP} takes the mails by its own interface")
            if settings.ANYMAIL_ESP
            else wrong("EMAIL_URL is not set: no mail goes out")
        )
    where = f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT}"
    try:
        with connected() as server:
            server.ehlo_or_helo_if_needed()
            if settings.EMAIL_USE_TLS:
                server.starttls(context=ssl.create_default_context())
                server.ehlo()
            if settings.EMAIL_HOST_USER:
                server.login(settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD)
    except smtplib.SMTPAuthenticationError:
        return wrong(f"the relay {where} does not take the user and password of EMAIL_URL: put the right ones in")
    except smtplib.SMTPNotSupportedError:
        return wrong(f"the relay {where} offers no STARTTLS, or no log-in: use smtp+ssl:// with its port, or another relay")
    except (OSError, smtplib.SMTPException) as error:
        return wrong(
            f"the relay {where} cannot be used ({type(error).__name__}): look at EMAIL_URL, at the firewall between, and at its certificate"
        )
    if not (settings.EMAIL_USE_TLS or settings.EMAIL_USE_SSL):
        return warning(
            f"the relay {where} answers, and mails go to it in plain: smtp+tls:// or smtp+ssl:// in EMAIL_URL, unless it is on this machine"
        )
    return ok(f"the relay {where} answers in TLS" + (", and knows us" if settings.EMAIL_HOST_USER else ""))


def connected() -> smtplib.SMTP:
    if settings.EMAIL_USE_SSL:
        return smtplib.SMTP_SSL(settings.EMAIL_HOST, settings.EMAIL_PORT, timeout=SECONDS, context=ssl.create_default_context())
    return smtplib.SMTP(settings.EMAIL_HOST, settings.EMAIL_PORT, timeout=SECONDS)


def sender(asked: Asked) -> Finding:
    """What receivers ask of the domain that mails come from: who may send for it (SPF), and what becomes of forgeries (DMARC)."""
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2]
    try:
        texts = {name: records(name) for name in (domain, f"_dmarc.{domain}")}
    except dns.exception.DNSException as error:
        return warning(f"the DNS does not tell about {domain} ({type(error).__name__}): look yourself, dig +short TXT {domain}")
    if not any(text.startswith("v=spf1") for text in texts[domain]):
        return warning(f"{domain} has no SPF record, and mails may be taken for spam: add a TXT record, v=spf1 with your relay, -all")
    if not any(text.lower().startswith("v=dmarc1") for text in texts[f"_dmarc.{domain}"]):
        return warning(f"{domain} has no DMARC record: add a TXT record at _dmarc.{domain}, v=DMARC1; p=quarantine")
    return ok(f"{domain} has SPF and DMARC records; whether mails carry DKIM shows in one that arrived")


def records(name: str) -> list[str]:
    try:
        return [b"".join(record.strings).decode(errors="replace") for record in dns.resolver.resolve(name, "TXT", lifetime=SECONDS)]
    except (dns.resolver.NoAnswer, dns.resolver.NXDOMAIN):
        return []
