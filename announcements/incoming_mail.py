"""Mails that are for this app (mailroom/incoming.py)."""

from announcements import leaving_by_mail

__all__ = ["leaving_by_mail"]
