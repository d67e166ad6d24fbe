"""Set-password links: they work once, for three days, and die with the password they replace."""

from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from accounts.models import User


def set_password_url(user: User) -> str:
    """An address, on the configured site and never from a Host header, that lets its bearer set the account's password."""
    uid = urlsafe_base64_encode(force_bytes(user.pk))
    return settings.SITE_URL + reverse("accounts:set_password_link", args=[uid, default_token_generator.make_token(user)])
