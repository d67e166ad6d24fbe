"""Every periodic sweep of the site, once: Celery beat and `manage.py work` both read it.

A sweep finds due rows, works on them and commits. It may run twice at a time, late, or never, without harm.
"""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class Sweep:
    """A Celery task, by its dotted name, and how often it runs."""

    task: str
    every: timedelta


PASSED, FAILED = "privacy.heartbeat.passed", "privacy.heartbeat.failed"
"""Whoever runs a sweep tells these, by its name."""

SWEEPS = (
    Sweep("purchases.tasks.fulfil_due_events", timedelta(seconds=2)),
    Sweep("mailroom.tasks.send_due_mails", timedelta(seconds=2)),
    Sweep("purchases.tasks.purge_events", timedelta(hours=1)),
    Sweep("purchases.tasks.purge_buyers", timedelta(hours=1)),
    Sweep("mailroom.tasks.read_maildir", timedelta(seconds=10)),
    Sweep("mailroom.tasks.handle_incoming_mails", timedelta(minutes=1)),
    Sweep("purchases.tasks.notice_silence", timedelta(minutes=10)),
    Sweep("promotions.tasks.make_codes", timedelta(seconds=2)),
    Sweep("promotions.tasks.purge_exported_codes", timedelta(minutes=1)),
    Sweep("promotions.tasks.lapse_registrations", timedelta(minutes=1)),
    Sweep("promotions.tasks.watch_promotions", timedelta(minutes=5)),
    Sweep("promotions.tasks.purge_registrations", timedelta(hours=1)),
    Sweep("announcements.tasks.send_announcements", timedelta(seconds=2)),
    Sweep("announcements.tasks.reclaim_deliveries", timedelta(seconds=30)),
    Sweep("announcements.tasks.import_subscribers", timedelta(seconds=2)),
    Sweep("announcements.tasks.purge_subscriber_files", timedelta(hours=1)),
    Sweep("announcements.tasks.purge_subscriptions", timedelta(hours=1)),
    Sweep("announcements.tasks.purge_deliveries", timedelta(hours=1)),
    Sweep("announcements.tasks.purge_bounces", timedelta(hours=1)),
    Sweep("promotions.tasks.purge_persons", timedelta(hours=1)),
    Sweep("mailroom.tasks.purge_mails", timedelta(hours=1)),
    Sweep("mailroom.tasks.purge_incoming_mails", timedelta(hours=1)),
    Sweep("accounts.tasks.purge_login_sessions", timedelta(hours=1)),
    Sweep("accounts.tasks.purge_sessions", timedelta(hours=1)),
    Sweep("accounts.tasks.purge_throttles", timedelta(hours=1)),
    Sweep("accounts.tasks.purge_address_changes", timedelta(hours=1)),
    Sweep("accounts.tasks.purge_findings", timedelta(hours=1)),
    Sweep("accounts.tasks.purge_holds", timedelta(hours=1)),
    Sweep("accounts.tasks.purge_appeals", timedelta(hours=1)),
    Sweep("accounts.tasks.purge_record_openings", timedelta(hours=1)),
    Sweep("accounts.tasks.expire_holds", timedelta(minutes=1)),
    Sweep("accounts.tasks.detect_misuse", timedelta(minutes=1)),
    Sweep("support.tasks.purge_support", timedelta(minutes=1)),
    Sweep("support.tasks.close_quiet_cases", timedelta(hours=1)),
    Sweep("support.tasks.reconcile_support", timedelta(hours=1)),
    Sweep("support.tasks.open_diagnostics", timedelta(minutes=1)),
    Sweep("support.tasks.purge_diagnostics", timedelta(minutes=10)),
    Sweep("support.tasks.purge_proofs", timedelta(minutes=1)),
    Sweep("support.tasks.purge_log_in_help_requests", timedelta(hours=1)),
    Sweep("support.tasks.purge_corrections", timedelta(hours=1)),
    Sweep("support.tasks.watch_log_in_help", timedelta(minutes=5)),
    Sweep("rights.tasks.purge_requests", timedelta(hours=1)),
    Sweep("downloads.tasks.sign_updates", timedelta(minutes=1)),
    Sweep("downloads.tasks.purge_download_sessions", timedelta(hours=1)),
    Sweep("downloads.tasks.publish_keys", timedelta(minutes=1)),
    Sweep("downloads.tasks.purge_uploads", timedelta(hours=1)),
    Sweep("downloads.tasks.return_unsent_downloads", timedelta(hours=1)),
    Sweep("privacy.tasks.look_at_promises", timedelta(hours=1)),
    Sweep("audit.tasks.seal_events", timedelta(minutes=1)),
    Sweep("audit.tasks.truncate_addresses", timedelta(hours=1)),
    Sweep("audit.tasks.purge_events", timedelta(hours=1)),
)
