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
    Sweep("mailroom.tasks.read_maildir", timedelta(seconds=10)),
    Sweep("mailroom.tasks.handle_incoming_mails", timedelta(minutes=1)),
    Sweep("purchases.tasks.notice_silence", timedelta(minutes=10)),
    Sweep("promotions.tasks.make_codes", timedelta(seconds=2)),
    Sweep("promotions.tasks.purge_exported_codes", timedelta(minutes=1)),
    Sweep("promotions.tasks.lapse_registrations", timedelta(minutes=1)),
    Sweep("promotions.tasks.watch_promotions", timedelta(minutes=5)),
    Sweep("announcements.tasks.send_announcements", timedelta(seconds=2)),
    Sweep("announcements.tasks.reclaim_deliveries", timedelta(seconds=30)),
    Sweep("announcements.tasks.import_subscribers", timedelta(seconds=2)),
    Sweep("privacy.tasks.publish_policies", timedelta(minutes=1)),
    Sweep("accounts.tasks.expire_holds", timedelta(minutes=1)),
    Sweep("accounts.tasks.detect_misuse", timedelta(minutes=1)),
    Sweep("support.tasks.purge_support", timedelta(minutes=1)),
    Sweep("support.tasks.close_quiet_cases", timedelta(hours=1)),
    Sweep("support.tasks.reconcile_support", timedelta(hours=1)),
    Sweep("support.tasks.open_diagnostics", timedelta(minutes=1)),
    Sweep("support.tasks.purge_diagnostics", timedelta(minutes=10)),
    Sweep("support.tasks.purge_proofs", timedelta(minutes=1)),
    Sweep("support.tasks.watch_log_in_help", timedelta(minutes=5)),
    Sweep("rights.tasks.look_at_requests", timedelta(seconds=2)),
    Sweep("rights.tasks.make_due_reports", timedelta(seconds=5)),
    Sweep("rights.tasks.purge_reports", timedelta(minutes=1)),
    Sweep("rights.tasks.lapse_requests", timedelta(hours=1)),
    Sweep("rights.tasks.erase", timedelta(minutes=1)),
    Sweep("rights.tasks.remind_of_erasures", timedelta(hours=1)),
    Sweep("rights.tasks.forget_receipts", timedelta(minutes=10)),
    Sweep("downloads.tasks.sign_updates", timedelta(minutes=1)),
    Sweep("downloads.tasks.publish_keys", timedelta(minutes=1)),
    Sweep("downloads.tasks.return_unsent_downloads", timedelta(hours=1)),
    Sweep("privacy.tasks.look_at_promises", timedelta(hours=1)),
    Sweep("audit.tasks.seal_events", timedelta(minutes=1)),
    Sweep("operations.tasks.count_figures", timedelta(minutes=1)),
    Sweep("operations.tasks.purge_figures", timedelta(hours=1)),
    Sweep("privacy.tasks.execute_retention", timedelta(minutes=10)),
)
