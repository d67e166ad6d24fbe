"""Mails that are for this app (mailroom/incoming.py)."""
