"""Looking at an announcement while it is written: previews, whom it would reach, tests to colleagues, and a copy."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotAllowed, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from announcements.admin import previews
from announcements.admin.pages import ADD, CHANGE, AnnouncementPages, demand, sent
from announcements.forms.composing import AudienceForm, conditions_in
from announcements.forms.deciding import TryForm
from announcements.models import Announcement
from announcements.models.announcement import needs_two_people
from announcements.writing import copying
from announcements.writing.recipients import recipients_seen
from announcements.writing.testing import send_test
from privacy.deciding import NoReason


class LookingPages(AnnouncementPages):
    def preview_typed(self, request: HttpRequest) -> HttpResponseBase:
        """What is in the form, as readers will see it; nothing is saved."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        demand(request, CHANGE)
        return previews.preview_of_typed(request, **self.admin_site.each_context(request), opts=self.opts, title=_("Preview"))

    def preview_saved(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        demand(request, CHANGE)
        announcement: Announcement = self.get_object(request, str(pk))
        return previews.preview_of_saved(
            request, announcement, **self.admin_site.each_context(request), opts=self.opts, title=_("Look at it")
        )

    def audience_view(self, request: HttpRequest) -> HttpResponse:
        """How many it is for as the form stands, and a few of them: for the script on the page, or as a page."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        demand(request, CHANGE)
        form = AudienceForm(request.POST)
        if not form.is_valid():
            return HttpResponse(_("Something is chosen that is not offered any more: load the page again."), status=400)
        found = recipients_seen(request, conditions_in(form.cleaned_data), form.cleaned_data["topic"])
        context = {"recipients": found, "needs_two_people": needs_two_people(found.count)}
        if request.headers.get("Accept") == "application/json":
            html = render(request, "admin/announcements/announcement/recipients.html", context).content.decode()
            return JsonResponse({"count": found.count, "html": html})
        context |= {**self.admin_site.each_context(request), "opts": self.opts, "title": _("Who would get it now")}
        return render(request, "admin/announcements/announcement/audience.html", context)

    def test_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Mail it to colleagues."""
        announcement: Announcement = self.get_object(request, str(pk))
        return self.decide(
            request,
            announcement,
            title=_("Send a test"),
            form=TryForm(request.user, sent(request)),  # type: ignore[arg-type]
            effect=lambda values: bool(send_test(announcement, values["to"], request)),
            done=_("The test is on its way. Its subject begins with [Test]."),
            step="test",
        )

    def copy_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """A new draft like this one."""
        demand(request, ADD)
        announcement: Announcement = self.get_object(request, str(pk))
        if request.method != "POST":
            context = {"form": NoReason(), "step": "copy"}
            return self.page(request, "decide", announcement, _("Copy as a new draft"), **context)
        made = copying.copy(announcement, request.user)  # type: ignore[arg-type]
        self.message_user(request, _("This is the copy: a draft, which you can change."), messages.SUCCESS)
        return redirect("admin:announcements_announcement_change", made.pk)
