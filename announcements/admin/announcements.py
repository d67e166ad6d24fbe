"""Announcements as staff write them, look at them and check them; and the steps after that, each on a page of its own."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.audience import audiences
from announcements import copying, previews, releasing
from announcements.audience import conditions_of
from announcements.checks import Finding, findings_of, is_stopped
from announcements.content import contents
from announcements.forms.composing import EDITED, AnnouncementForm, AudienceForm, audience_names, conditions_in
from announcements.forms.deciding import ReasonForm, ReleaseForm, TryForm
from announcements.models import Announcement, State
from announcements.models.announcement import UNDER_WAY, needs_two_people
from announcements.placeholders import MEANING, spelled
from announcements.progress import progress_of
from announcements.recipients import recipients_seen
from announcements.results import results_of
from announcements.testing import send_test
from privacy.deciding import DecidingAdmin, NoReason

CHANGE, RELEASE = "announcements.change_announcement", "announcements.release_announcement"
FACTS = ("state", "written_by", "released_by", "released_at", "send_at", "began_at", "ended_at")
CANCELLABLE = (State.SCHEDULED, *UNDER_WAY, State.PAUSED)


@admin.register(Announcement)
class AnnouncementAdmin(DecidingAdmin):
    form = AnnouncementForm
    list_display = ("subject", "state", "topic", "total", "sent", "send_at", "began_at", "ended_at")
    list_filter = ("state", "topic", "began_at")
    list_per_page = 50
    search_fields = ("subject", "slug")
    autocomplete_fields = ("products", "releases")
    prepopulated_fields = {"slug": ("subject",)}
    change_form_template = "admin/announcements/announcement/change_form.html"
    deciding_template = "admin/announcements/announcement/decide.html"

    class Media:
        js = ("audience.js",)

    # Writing

    def get_form(self, request: HttpRequest, obj: Announcement | None = None, change: bool = False, **kwargs: Any) -> Any:
        """The kinds of audiences are no columns: the form itself adds their fields."""
        fields = EDITED if self.is_edited(request, obj) else ()
        return super().get_form(request, obj, change, **kwargs | {"fields": fields})

    def get_fieldsets(self, request: HttpRequest, obj: Announcement | None = None) -> Any:
        audience = audience_names() if self.is_edited(request, obj) else ["audience_in_words"]
        note = _("Of each kind one of what you choose must fit. Nothing chosen: everybody, customers and those who joined. %(words)s") % {
            "words": _("Those who joined are reached by language alone: of them nothing else is known.")
        }
        known = ", ".join(spelled(name) for name in MEANING)
        placeholders = _("Other in each mail, in the text as in its links: %(placeholders)s.") % {"placeholders": known}
        return [
            (None, {"fields": ("subject", "preheader", "body", "language"), "description": placeholders}),
            (_("What the mail shows below the text"), {"fields": ("releases", "products")}),
            (_("Who gets it"), {"fields": ("topic", *audience), "description": note}),
            (_("On the site"), {"fields": ("is_public", "slug")}),
            *([(_("Where it stands"), {"fields": FACTS})] if obj else []),
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Announcement | None = None) -> tuple[str, ...]:
        return FACTS if self.is_edited(request, obj) else (*EDITED, "audience_in_words", *FACTS)

    def get_prepopulated_fields(self, request: HttpRequest, obj: Announcement | None = None) -> dict[str, Any]:
        return {} if obj else {**super().get_prepopulated_fields(request, obj)}

    def is_edited(self, request: HttpRequest, obj: Announcement | None) -> bool:
        """Whether its page is a form."""
        return self.has_change_permission(request, obj) if obj else self.has_add_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """While it is a draft."""
        return super().has_change_permission(request, obj) and (obj is None or obj.state == State.DRAFT)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What was released is told of for as long as its numbers are kept."""
        return super().has_delete_permission(request, obj) and (obj is None or obj.state == State.DRAFT)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Drafts are deleted on their own pages."""
        return {name: action for name, action in super().get_actions(request).items() if name != "delete_selected"}

    @admin.display(description=gettext_lazy("audience"))
    def audience_in_words(self, announcement: Announcement) -> str:
        chosen = conditions_of(announcement)
        if not chosen:
            return _("everybody")
        words = ((audiences[kind], values) for kind, values in chosen.items())
        return "; ".join(f"{kind.title}: {', '.join(name_of(kind.choices(), value) for value in values)}" for kind, values in words)

    def changeform_view(self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Whoever saves what a colleague has released meanwhile is told so."""
        if request.method == "POST" and object_id and request.user.has_perm(CHANGE):
            announcement = self.get_object(request, object_id)
            if announcement.state != State.DRAFT:
                text = _("It was released meanwhile, and cannot be changed any more. Nothing was saved.")
                self.message_user(request, text, messages.ERROR)
                return self.after_decision(announcement)
        return super().changeform_view(request, object_id, form_url, extra_context)

    def save_model(self, request: HttpRequest, obj: Announcement, form: forms.ModelForm, change: bool) -> None:
        """What this form changed, as a new version by this member of staff; nothing, if it changed nothing."""
        if not change:
            obj.written_by_id = request.user.pk
            super().save_model(request, obj, form, change)
        elif changed := [name for name in form.changed_data if name != "seen"]:
            columns = {field.name for field in Announcement._meta.concrete_fields}
            obj.save(update_fields=[name for name in changed if name in columns])
            Announcement.objects.filter(pk=obj.pk).update(version=F("version") + 1, written_by=request.user.pk)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        form.save_audience()

    def response_post_save_add(self, request: HttpRequest, obj: Announcement) -> HttpResponseRedirect:
        """To the page of the new draft, where it is looked at, tried and released."""
        return redirect("admin:announcements_announcement_change", obj.pk)

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **options: Any) -> HttpResponse:
        if announcement := context["original"]:
            context |= {"steps": self.steps_of(request, announcement)}
        context["is_edited"] = self.is_edited(request, context["original"])
        return super().render_change_form(request, context, *args, **options)

    def steps_of(self, request: HttpRequest, announcement: Announcement) -> list[tuple[str, str]]:
        """The pages that lead on from here, by their names and titles."""
        state, may_change, may_release = announcement.state, request.user.has_perm(CHANGE), request.user.has_perm(RELEASE)
        steps = [
            (may_change, "preview", _("Look at it")),
            (may_change and state == State.DRAFT, "test", _("Send a test")),
            (may_change and state == State.DRAFT, "checks", _("Check it")),
            (may_release and state == State.DRAFT, "release", _("Release")),
            (state != State.DRAFT, "progress", _("Watch the sending")),
            (announcement.began_at is not None, "results", _("Results")),
            (request.user.has_perm("announcements.add_announcement"), "copy", _("Copy as a new draft")),
        ]
        return [(f"admin:announcements_announcement_{name}", title) for is_open, name, title in steps if is_open]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("written_by", "released_by")

    def get_urls(self) -> list[URLPattern]:
        pages = {
            "preview": self.preview_saved,
            "test": self.test_view,
            "checks": self.checks_view,
            "release": self.release_view,
            "withdraw": self.withdraw_view,
            "copy": self.copy_view,
            "progress": self.progress_view,
            "figures": self.figures_view,
            "pause": self.pause_view,
            "resume": self.resume_view,
            "cancel": self.cancel_view,
            "results": self.results_view,
        }
        own = [
            path("preview/", self.admin_site.admin_view(self.preview_typed), name="announcements_announcement_preview_typed"),
            path("audience/", self.admin_site.admin_view(self.audience_view), name="announcements_announcement_audience"),
            *(
                path(f"<int:pk>/{name}/", self.admin_site.admin_view(view), name=f"announcements_announcement_{name}")
                for name, view in pages.items()
            ),
        ]
        return own + super().get_urls()

    def page(self, request: HttpRequest, name: str, announcement: Announcement, title: str, **context: Any) -> HttpResponse:
        context |= {**self.admin_site.each_context(request), "opts": self.opts, "original": announcement, "title": title}
        return render(request, f"admin/announcements/announcement/{name}.html", context)

    # Looking and trying

    def preview_typed(self, request: HttpRequest) -> HttpResponse:
        """What is in the form, as readers will see it; nothing is saved."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        demand(request, CHANGE)
        return previews.preview_of_typed(request, **self.admin_site.each_context(request), opts=self.opts, title=_("Preview"))

    def preview_saved(self, request: HttpRequest, pk: int) -> HttpResponse:
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
            form=TryForm(request.user, request.POST or None),  # type: ignore[arg-type]
            effect=lambda values: bool(send_test(announcement, values["to"], request)),
            done=_("The test is on its way. Its subject begins with [Test]."),
            step="test",
        )

    def may_decide(self, request: HttpRequest, row: Announcement) -> bool:
        """To try it is a part of writing it; all else that is decided here needs the right to release."""
        name = request.resolver_match.url_name if request.resolver_match else ""
        return request.user.has_perm(CHANGE if name == "announcements_announcement_test" else RELEASE)

    # Releasing

    def checks_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """What stops it, and what to look at once more."""
        demand(request, CHANGE)
        announcement: Announcement = self.get_object(request, str(pk))
        recipients = releasing.recipients_of(announcement)
        findings = findings_of(announcement, contents(announcement), recipients)
        may_release = request.user.has_perm(RELEASE) and announcement.state == State.DRAFT
        return self.page(
            request, "checks", announcement, _("Check it"), findings=findings, recipients=recipients, may_release=may_release
        )

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
            form=ReleaseForm(announcement, None if stopped or request.method != "POST" else request.POST),
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
            form=NoReason(request.POST if request.method == "POST" else None),
            effect=lambda _values: releasing.withdraw(announcement, request),
            done=_("It is a draft again: nothing was sent."),
            possible=announcement.state == State.SCHEDULED,
            step="withdraw",
        )

    def copy_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """A new draft like this one."""
        demand(request, "announcements.add_announcement")
        announcement: Announcement = self.get_object(request, str(pk))
        if request.method != "POST":
            context = {"form": NoReason(), "step": "copy"}
            return self.page(request, "decide", announcement, _("Copy as a new draft"), **context)
        made = copying.copy(announcement, request.user)  # type: ignore[arg-type]
        self.message_user(request, _("This is the copy: a draft, which you can change."), messages.SUCCESS)
        return redirect("admin:announcements_announcement_change", made.pk)

    # Watching

    def progress_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """How far its sending is; the script on the page looks again by itself."""
        announcement = self.seen(request, pk)
        may_release = request.user.has_perm(RELEASE)
        offered = {
            "may_withdraw": may_release and announcement.state == State.SCHEDULED,
            "may_pause": may_release and announcement.state in UNDER_WAY,
            "may_resume": may_release and announcement.state == State.PAUSED,
            "may_cancel": may_release and announcement.state in CANCELLABLE,
        }
        return self.page(
            request, "progress", announcement, capfirst(_("the sending")), progress=progress_of(announcement, timezone.now()), **offered
        )

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
            form=ReasonForm(request.POST or None),
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
            form=NoReason(request.POST if request.method == "POST" else None),
            effect=lambda _values: releasing.resume(announcement, request),
            done=_("It goes on where it stood."),
            possible=announcement.state == State.PAUSED,
            step="resume",
        )

    def cancel_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        announcement: Announcement = self.get_object(request, str(pk))
        return self.decide(
            request,
            announcement,
            title=_("Cancel"),
            form=ReasonForm(request.POST or None),
            effect=lambda values: releasing.cancel(announcement, values["reason"], request),
            done=_("It is cancelled. Whoever waits gets no mail."),
            possible=announcement.state in CANCELLABLE,
            step="cancel",
        )

    def after_decision(self, row: Announcement) -> HttpResponse:
        """To its draft, or to its sending."""
        is_draft = Announcement.objects.filter(pk=row.pk, state=State.DRAFT).exists()
        return redirect(f"admin:announcements_announcement_{'change' if is_draft else 'progress'}", row.pk)


def demand(request: HttpRequest, right: str) -> None:
    if not request.user.has_perm(right):
        raise PermissionDenied


def name_of(choices: Any, value: str) -> str:
    return str(dict(choices).get(value, value))
