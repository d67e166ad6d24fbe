"""Announcements as staff write them, look at them and check them; and the steps after that, each on a page of its own."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.audience import audiences
from announcements.admin.looking import LookingPages
from announcements.admin.pages import ADD, CHANGE, RELEASE
from announcements.admin.releasing import ReleasingPages
from announcements.admin.watching import WatchingPages
from announcements.audience import conditions_of
from announcements.forms.composing import EDITED, AnnouncementForm, audience_names
from announcements.models import Announcement, State
from announcements.placeholders import MEANING, spelled
from downloads.models import Release

FACTS = ("state", "written_by", "released_by", "released_at", "send_at", "began_at", "ended_at")


@admin.register(Announcement)
class AnnouncementAdmin(LookingPages, ReleasingPages, WatchingPages):
    form = AnnouncementForm
    list_display = ("subject", "state", "topic", "total", "sent", "send_at", "began_at")
    list_filter = ("state", "topic", "began_at")
    list_per_page = 50
    search_fields = ("subject", "slug")
    autocomplete_fields = ("products", "releases")
    prepopulated_fields = {"slug": ("subject",)}
    change_form_template = "admin/announcements/announcement/change_form.html"

    class Media:
        js = ("audience.js",)

    # Writing

    def get_form(self, request: HttpRequest, obj: Announcement | None = None, change: bool = False, **kwargs: Any) -> Any:
        """The kinds of audiences are no columns: the form itself adds their fields."""
        fields = EDITED if self.is_edited(request, obj) else ()
        return super().get_form(request, obj, change, **kwargs | {"fields": fields})

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """A release is called after its product."""
        if db_field.name == "releases":
            kwargs["queryset"] = Release.objects.select_related("product")
        return super().formfield_for_manytomany(db_field, request, **kwargs)

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
            *([(_("Where it stands"), {"fields": FACTS if obj.state != State.DRAFT else FACTS[:2]})] if obj else []),
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
        return "; ".join(in_words(kind, values) for kind, values in chosen.items())

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
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
            (request.user.has_perm(ADD), "copy", _("Copy as a new draft")),
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
            "send-again": self.send_again_view,
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


def in_words(kind: str, values: Sequence[str]) -> str:
    """A kind of audience, and what is chosen of it; what is not offered any more by its bare name."""
    known = audiences.get(kind)
    names = dict(known.choices()) if known else {}
    return f"{known.title if known else kind}: {', '.join(str(names.get(value, value)) for value in values)}"
