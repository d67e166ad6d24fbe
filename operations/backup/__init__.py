"""Backup and restore: what is in a backup and what must never be (`contents`), the making of one, its checking, and bringing it back (docs/backup.md)."""

from operations.backup.made import Made, newest

__all__ = ["Made", "newest"]
