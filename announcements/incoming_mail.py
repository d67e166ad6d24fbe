"""Mails that are for this app (mailroom/incoming.py)."""

from announcements.group import leaving_by_mail
from announcements.returned import bounce_mail

__all__ = ["bounce_mail", "leaving_by_mail"]
