"""Support in the staff area, a module a subject. Cases themselves are worked on at the desk (support/live_urls.py)."""

from support.admin import canned_answers, destructions, feedback

__all__ = ["canned_answers", "destructions", "feedback"]
