"""Announcements as staff write them."""

from announcements.models import Announcement

LIST = "/staff/announcements/announcement/"
ADD = f"{LIST}add/"


def make_announcement(**values: object) -> Announcement:
    """A draft."""
    return Announcement.objects.create(
        **{"subject": "Notebook 2 is out", "slug": "notebook-2", "body": "It prints in **landscape**."} | values
    )


def page_of(announcement: Announcement, page: str = "change") -> str:
    return f"{LIST}{announcement.pk}/{page}/"
