"""What the pages of an announcement have in common."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from announcements.models import Announcement, State
from privacy.deciding import DecidingAdmin

ADD, CHANGE, RELEASE = (f"announcements.{right}_announcement" for right in ("add", "change", "release"))


class AnnouncementPages(DecidingAdmin):
    deciding_template = "admin/announcements/announcement/decide.html"

    def page(self, request: HttpRequest, name: str, announcement: Announcement, title: str, **context: Any) -> HttpResponse:
        context |= {**self.admin_site.each_context(request), "opts": self.opts, "original": announcement, "title": title}
        return render(request, f"admin/announcements/announcement/{name}.html", context)

    def may_decide(self, request: HttpRequest, row: Announcement) -> bool:
        """To try it is a part of writing it; all else that is decided here needs the right to release."""
        name = request.resolver_match.url_name if request.resolver_match else ""
        return request.user.has_perm(CHANGE if name == "announcements_announcement_test" else RELEASE)

    def after_decision(self, row: Announcement) -> HttpResponse:
        """To its draft, or to its sending."""
        is_draft = Announcement.objects.filter(pk=row.pk, state=State.DRAFT).exists()
        return redirect(f"admin:announcements_announcement_{'change' if is_draft else 'progress'}", row.pk)


def demand(request: HttpRequest, right: str) -> None:
    if not request.user.has_perm(right):
        raise PermissionDenied


def sent(request: HttpRequest) -> Any:
    """What a form was sent with, be it nothing; None if it was not sent."""
    return request.POST if request.method == "POST" else None
