"""Values of `.env.example` that were never filled in: invented names, domains that are reserved for examples, and a password that asks to be changed."""

import re

INVENTED = re.compile(r"change-me|(?<![\w-])example\.(?:com|net|org)(?![\w-]|\.\w)|\bExample (?:Software|Partner)\b|\bExampletown\b")
NAMES = (
    "SITE_URL",
    "VENDOR_NAME",
    "VENDOR_ADDRESS",
    "SUPPORT_EMAIL",
    "PRIVACY_EMAIL",
    "ALLOWED_HOSTS",
    "DATABASE_URL",
    "S3_ENDPOINT_URL",
    "EMAIL_URL",
    "MAIL_FROM",
    "MAIL_DOMAIN",
    "DKIM_DOMAIN",
    "STANDARD_WEBHOOKS_NAME",
    "STANDARD_WEBHOOKS_POLICY_URL",
    "STANDARD_WEBHOOKS_CHECKOUT_URL",
    "ERROR_MAIL_TO",
)
"""The variables that `.env.example` gives such a value, be it in a comment."""


def is_leftover(value: str) -> bool:
    """Whether the value is the example's, or holds a part of it."""
    return bool(INVENTED.search(value))
