"""Announcements as staff see them, a module a subject."""

from announcements.admin import bounces, mailboxes, subscriber_files, suppressions

__all__ = ["bounces", "mailboxes", "subscriber_files", "suppressions"]
