"""How far a sending is, what became of it, and what stops it."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from announcements.admin.pages import RELEASE, AnnouncementPages, sent
from announcements.forms.deciding import ReasonForm
from announcements.models import Announcement, State
from announcements.models.announcement import UNDER_WAY
from announcements.sending import releasing
from announcements.sending.progress import progress_of
from announcements.sending.results import results_of
from announcements.sending.unknown import AFTER_ALL, send_again
from privacy.deciding import NoReason

CANCELLABLE = (State.SCHEDULED, *UNDER_WAY, State.PAUSED)


class WatchingPages(AnnouncementPages):
    def progress_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """How far its sending is; the script on the page looks again by itself."""
        announcement = self.seen(request, pk)
        may_release = request.user.has_perm(RELEASE)
        offered = {
            "may_withdraw": may_release and announcement.state == State.SCHEDULED,
            "may_pause": may_release and announcement.state in UNDER_WAY,
            "may_resume": may_release and announcement.state == State.PAUSED,
            "may_cancel": may_release and announcement.state in CANCELLABLE,
            "may_send_again": may_release and is_sent_again(announcement),
        }
        return self.page(request, "progress", announcement, _("Its sending"), progress=progress_of(announcement, timezone.now()), **offered)

    def figures_view(self, request: HttpRequest, pk: int) -> JsonResponse:
        """The same in numbers."""
        return JsonResponse(progress_of(self.seen(request, pk), timezone.now()).in_words())

    def results_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        announcement = self.seen(request, pk)
        return self.page(request, "results", announcement, _("Results"), results=results_of(announcement))

    def seen(self, request: HttpRequest, pk: int) -> Announcement:
        if not self.has_view_permission(request):
            raise PermissionDenied
        announcement: Announcement = self.get_object(request, str(pk))
        return announcement

    def pause_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        announcement: Announcement = self.get_object(request, str(pk))
        return self.decide(
            request,
            announcement,
            title=_("Pause"),
            form=ReasonForm(sent(request)),
            effect=lambda values: releasing.pause(announcement, values["reason"], request),
            done=_("It is paused. What is on its way to a mail server arrives."),
            possible=announcement.state in UNDER_WAY,
            step="pause",
        )

    def resume_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        announcement: Announcement = self.get_object(request, str(pk))
        return self.decide(
            request,
            announcement,
            title=_("Resume"),
            form=NoReason(sent(request)),
            effect=lambda _values: releasing.resume(announcement, request),
            done=_("It goes on where it stood."),
            possible=announcement.state == State.PAUSED,
            step="resume",
        )

    def send_again_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Deliveries of which nobody knows: some readers may get the mail twice, so that somebody decides it."""
        announcement: Announcement = self.get_object(request, str(pk))
        return self.decide(
            request,
            announcement,
            title=_("Send the unknown ones again"),
            form=NoReason(sent(request)),
            effect=lambda _values: bool(send_again(announcement, by=request.user, request=request)),
            done=_("They wait again, and are sent like the others."),
            possible=is_sent_again(announcement),
            step="send_again",
        )

    def cancel_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        announcement: Announcement = self.get_object(request, str(pk))
        return self.decide(
            request,
            announcement,
            title=_("Cancel"),
            form=ReasonForm(sent(request)),
            effect=lambda values: releasing.cancel(announcement, values["reason"], request),
            done=_("It is cancelled. Whoever waits gets no mail."),
            possible=announcement.state in CANCELLABLE,
            step="cancel",
        )


def is_sent_again(announcement: Announcement) -> bool:
    """Whether there is something unknown of one that is, or was, being sent."""
    return announcement.unknown > 0 and announcement.state in AFTER_ALL
