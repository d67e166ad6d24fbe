"""Rules about who may call a view."""

from django.contrib.auth.decorators import login_not_required

open_to_strangers = login_not_required
"""Marks a view of the customer resources area that needs no log-in: every other view there does (promise C3)."""

__all__ = ["open_to_strangers"]
