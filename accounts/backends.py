"""Logging in by e-mail address and password."""

from django.contrib.auth.backends import ModelBackend


class AddressBackend(ModelBackend):
    """Django's own backend: our manager finds the account by the key of the address, and an unknown address costs one hash too."""
