"""Announcements as staff write, release and watch them, and who received what: a module for each subject."""

from announcements.admin.announcements import AnnouncementAdmin
from announcements.admin.deliveries import BounceAdmin, DeliveryAdmin, MailboxAdmin, SubscriptionAdmin, SuppressionAdmin

__all__ = ["AnnouncementAdmin", "BounceAdmin", "DeliveryAdmin", "MailboxAdmin", "SubscriptionAdmin", "SuppressionAdmin"]
