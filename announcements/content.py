"""An announcement as mail: its subject and both parts, made together from one source, with the placeholders of each mail left in."""

from dataclasses import dataclass

from django.conf import settings
from django.utils.html import escape, linebreaks

from announcements.models import Announcement
from announcements.placeholders import spelled
from infacta.markdown import rendered


@dataclass(frozen=True)
class Content:
    """What is frozen when the sending begins: one line, text, and a whole document of HTML."""

    subject: str
    text: str
    html: str


def contents(announcement: Announcement) -> Content:
    """Of a saved announcement."""
    greeting, why, leave = spelled("greeting"), spelled("why"), spelled("leave_url")
    foot = f"{why}\nRemove me from all mailings: {leave}\nChoose topics: {spelled('preferences_url')}\n{settings.SITE_NAME}, {settings.VENDOR_ADDRESS}\n"
    html = (
        f'<!DOCTYPE html><html lang="{announcement.language}"><head><meta charset="utf-8"><title>{escape(announcement.subject)}</title></head><body>'
        f"<p>{greeting}</p>{rendered(announcement.body)}<hr>{linebreaks(foot)}"
        f'<p><a href="{leave}">Remove me from all mailings</a></p></body></html>'
    )
    return Content(" ".join(announcement.subject.split()), f"{greeting}\n\n{announcement.body}\n\n-- \n{foot}", html)
