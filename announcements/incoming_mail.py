"""Mails that are for this app (mailroom/incoming.py)."""

from announcements import bounce_mail, leaving_by_mail

__all__ = ["bounce_mail", "leaving_by_mail"]
