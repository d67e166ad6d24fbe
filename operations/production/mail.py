"""The relay, and what the world asks of a sender. Nothing is sent."""

from email.utils import parseaddr

import dns.exception
import dns.resolver
from django.conf import settings

from operations import relays
from operations.production.findings import Asked, Finding, ok, warning, wrong

SECONDS = 10


def relay(asked: Asked) -> Finding:
    """It answers, speaks TLS with a certificate that we believe, and knows us."""
    if not settings.EMAIL_URL and settings.ANYMAIL_ESP:
        return ok(f"{settings.ANYMAIL_ESP} takes the mails by its own interface")
    parts = relays.parts_of(settings.EMAIL_URL)
    if not parts:
        return wrong("EMAIL_URL names no relay, and no mail goes out: set it to one, such as smtp+tls://user:password@host:587")
    where = f"{parts['mail-host']}:{parts['mail-port']}"
    if refusal := relays.refused(parts):
        return wrong(f"the relay {where} cannot be used, by EMAIL_URL as it is: {refusal.rstrip('.')}")
    if parts["mail-security"] == "none":
        return warning(
            f"the relay {where} answers, and mails go to it in plain: smtp+tls:// or smtp+ssl:// in EMAIL_URL, unless it is on this machine"
        )
    return ok(f"the relay {where} answers in TLS" + (", and knows us" if parts["mail-user"] else ""))


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
