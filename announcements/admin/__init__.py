"""Announcements as staff see them, a module a subject."""

from announcements.admin import announcements, bounces, deliveries, mailboxes, subscriptions

__all__ = ["announcements", "bounces", "deliveries", "mailboxes", "subscriptions"]
