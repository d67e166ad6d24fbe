"""The last look at an announcement, and its release."""

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from announcements.admin.pages import CHANGE, RELEASE, AnnouncementPages, demand, sent
from announcements.forms.deciding import ReleaseForm
from announcements.models import Announcement, State
from announcements.models.announcement import needs_two_people
from announcements.sending import releasing
from announcements.writing.content import contents
from announcements.writing.findings import Finding, findings_of, is_stopped
from privacy.deciding import NoReason


class ReleasingPages(AnnouncementPages):
    def checks_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """What stops it, and what to look at once more."""
        demand(request, CHANGE)
        announcement: Announcement = self.get_object(request, str(pk))
        recipients = releasing.recipients_of(announcement)
        findings = findings_of(announcement, contents(announcement), recipients)
        may_release = request.user.has_perm(RELEASE) and announcement.state == State.DRAFT and not is_stopped(findings)
        return self.page(request, "checks", announcement, _("Check it"), findings=findings, recipients=recipients, may_release=may_release)

    def release_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Send it, now or from some moment on; not if the checks stop it, and not by whoever wrote it if it goes to many."""
        announcement: Announcement = self.get_object(request, str(pk))
        possible = announcement.state == State.DRAFT and request.user.has_perm(RELEASE)
        recipients = releasing.recipients_of(announcement) if possible else 0
        findings = findings_of(announcement, contents(announcement), recipients) if possible else []
        if possible and needs_two_people(recipients) and announcement.written_by_id == request.user.pk:
            text = _("It goes to many, and you changed it last: a colleague looks at it, and releases it.")
            findings.insert(0, Finding(text, stops=True))
        stopped = is_stopped(findings)
        return self.decide(
            request,
            announcement,
            title=_("Release"),
            form=ReleaseForm(announcement, None if stopped else sent(request)),
            effect=lambda values: releasing.release(announcement, values["at"], recipients, request),
            done=_("It is released. Until its time comes, you can withdraw it."),
            possible=possible,
            step="release",
            findings=findings,
            recipients=recipients,
            missing=stopped,
        )

    def withdraw_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """A draft again."""
        announcement: Announcement = self.get_object(request, str(pk))
        return self.decide(
            request,
            announcement,
            title=_("Withdraw"),
            form=NoReason(sent(request)),
            effect=lambda _values: releasing.withdraw(announcement, request),
            done=_("It is a draft again: nothing was sent."),
            possible=announcement.state == State.SCHEDULED,
            step="withdraw",
        )
