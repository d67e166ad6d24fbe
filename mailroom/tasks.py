"""Sending what is due, and the ends of retention."""

from celery import shared_task


@shared_task
def send_due_mails() -> int:
    return 0


@shared_task
def purge_mails() -> int:
    return 0
