"""Announcements as staff see them, a module a subject."""

from announcements.admin import announcements, bounces, deliveries, mailboxes, subscriber_files, subscriptions, suppressions

__all__ = ["announcements", "bounces", "deliveries", "mailboxes", "subscriber_files", "subscriptions", "suppressions"]
