"""Retention, executed from the declarations: what is due (`due`), the walk that destroys it (`walking`), and how it stands (`standing`)."""

from privacy.retention.standing import Overdue, overdue

__all__ = ["Overdue", "overdue"]
