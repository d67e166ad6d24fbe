"""Releases as staff see them: the editor with a preview, withdrawing with a reason, and how often each was downloaded."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit.kinds import Kind
from downloads.admin.files import signature_in_words
from downloads.forms.releases import EDITED, LONGEST_NOTES, ReinstateForm, ReleaseForm, WithdrawForm
from downloads.models import Product, Release, ReleaseFile
from downloads.models.release import State
from downloads.releases.figures import figures_of
from downloads.releases.withdrawing import note, reinstate, withdraw
from infacta.paging import number_in
from privacy.staff import StaffAdmin

CHANGE = "downloads.change_release"


def in_words(release: Release, now: datetime) -> str:
    """What has become of a release, and when."""
    state = release.state(now)
    at = release.withdrawn_at if state is State.WITHDRAWN else release.published_at
    day = date_format(timezone.localtime(at), "DATETIME_FORMAT") if at else ""
    words = {
        State.DRAFT: _("draft: nobody sees it"),
        State.SCHEDULED: _("scheduled for %(day)s"),
        State.OUT: _("published %(day)s"),
        State.WITHDRAWN: _("withdrawn %(day)s: %(reason)s"),
    }
    said = words[state] % {"day": day, "reason": release.withdrawal_reason}
    if not release.backdated_to:
        return said
    return _("%(state)s; dated back to %(day)s") % {
        "state": said,
        "day": date_format(timezone.localtime(release.backdated_to), "DATE_FORMAT"),
    }


class StateFilter(admin.SimpleListFilter):
    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return State.choices

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.in_state(self.value(), timezone.now())


@admin.register(Release)
class ReleaseAdmin(StaffAdmin):
    form = ReleaseForm
    ordering = ("product", "-version_key", "-pk")  # said once more, for a query that counts drops the model's own
    list_display = ("product", "version", "channel", "state", "file_count")
    list_display_links = ("product", "version")
    list_filter = (StateFilter, "product", "channel", "published_at")
    search_fields = ("product__name", "version")
    list_select_related = ("product",)
    readonly_fields = ("state",)
    change_form_template = "admin/downloads/release/change_form.html"
    fieldsets = (
        (None, {"fields": ("product", "version", "channel", "state")}),
        (
            gettext_lazy("When customers get it"),
            {
                "fields": ("published_at", "backdated_to"),
                "description": gettext_lazy(
                    "Customers whose upgrades have not ended by then may have it. Once it is out, it can be dated back, and never forward."
                ),
            },
        ),
        (gettext_lazy("What customers read"), {"fields": ("notes",)}),
        (gettext_lazy("What updaters are told"), {"fields": ("is_critical", "rollout_days")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Release]:
        return super().get_queryset(request).annotate(files_in_all=Count("files"))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A release with files is withdrawn, and not deleted."""
        return super().has_delete_permission(request, obj) and not (obj and obj.files.exists())

    @admin.display(description=gettext_lazy("state"), ordering="published_at")
    def state(self, release: Release) -> str:
        return in_words(release, timezone.now()) if release.pk else _("not saved yet")

    @admin.display(description=gettext_lazy("files"), ordering="files_in_all")
    def file_count(self, release: Any) -> int:
        return int(release.files_in_all)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Files are in an edition of a product, and bought with it: a release that has any stays that product's."""
        return ("product", "state") if obj and obj.files_in_all else ("state",)

    def save_model(self, request: HttpRequest, obj: Release, form: forms.ModelForm, change: bool) -> None:
        """Of a release that is there already what this form changed, and nothing that was withdrawn or shown again meanwhile."""
        changed = [name for name in form.changed_data if name in EDITED]
        if change:
            obj.save(update_fields=[*changed, "version_key"])
        else:
            super().save_model(request, obj, form, change)
        if {"published_at", "backdated_to"} & set(changed) if change else obj.published_at:
            moments = {name: at and at.isoformat() for name, at in (("published", obj.published_at), ("backdated", obj.backdated_to))}
            note(Kind.RELEASE_PUBLISHED, obj, request, **moments)
        if obj.published_at and not obj.files.exists():
            text = _("This release has no files: customers see it from its time on, and nothing to download. Upload its files below.")
            self.message_user(request, text, messages.WARNING)

    def response_post_save_add(self, request: HttpRequest, obj: Release) -> HttpResponseRedirect:
        """To the page of the new release, where its files are uploaded."""
        return redirect("admin:downloads_release_change", obj.pk)

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **options: Any) -> HttpResponse:
        """With the files, and how often they were downloaded."""
        if release := context["original"]:
            files = release.files.select_related("edition", "signed_by").order_by("platform", "architecture", "pk")
            state = release.state(timezone.now())
            context |= {
                "files": [(file, signature_in_words(file)) for file in files],
                "figures": figures_of(release),
                "may_withdraw": state is State.OUT and request.user.has_perm(CHANGE),
                "may_reinstate": state is State.WITHDRAWN and request.user.has_perm(CHANGE),
            }
        return super().render_change_form(request, context, *args, **options)

    def get_urls(self) -> list[URLPattern]:
        def page(route: str, view: Callable[..., HttpResponse], name: str) -> URLPattern:
            return path(route, self.admin_site.admin_view(view), name=f"downloads_release_{name}")

        own = [
            page("preview/", self.preview, "preview"),
            page("<int:pk>/withdraw/", self.withdraw_view, "withdraw"),
            page("<int:pk>/reinstate/", self.reinstate_view, "reinstate"),
        ]
        return own + super().get_urls()

    # Preview

    def preview(self, request: HttpRequest) -> HttpResponse:
        """What is in the form, as customers will see it; nothing is saved."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not request.user.has_perm(CHANGE):
            raise PermissionDenied
        saved = Release.objects.select_related("product").filter(pk=number_in(request.GET.get("release"))).first()
        files = ReleaseFile.objects.of([saved.pk] if saved else []).select_related("edition")
        return render(request, "admin/downloads/release/preview.html", {"release": typed_release(request, saved), "files": files})

    # Withdrawing

    def withdraw_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Hide a release from customers, with the reason that they read."""
        done = _("The release is withdrawn: nobody can download it, and whoever had it reads why.")
        return self.decide(request, pk, State.OUT, WithdrawForm, withdraw, _("Withdraw this release"), done)

    def reinstate_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show a withdrawn release again."""
        done = _("The release is shown again, to all who may have it.")
        return self.decide(request, pk, State.WITHDRAWN, ReinstateForm, reinstate, _("Show this release again"), done)

    def decide(
        self,
        request: HttpRequest,
        pk: int,
        needed: State,
        form_class: type[WithdrawForm | ReinstateForm],
        effect: Callable[[Release, str, HttpRequest], bool],
        title: str,
        done: str,
    ) -> HttpResponse:
        """Ask for the reason, and then do it; whoever was overtaken by a colleague is told so, and nothing happens."""
        if not request.user.has_perm(CHANGE):
            raise PermissionDenied
        release: Release = self.get_object(request, str(pk))
        as_expected = release.state(timezone.now()) is needed
        form = form_class(request.POST or None)
        if as_expected and not form.is_valid():
            context = {**self.admin_site.each_context(request), "opts": self.opts, "original": release, "form": form, "title": title}
            return render(request, "admin/downloads/release/decide.html", context)
        if as_expected and effect(release, form.cleaned_data["reason"], request):
            self.message_user(request, done, messages.SUCCESS)
        else:
            self.message_user(
                request, _("There is nothing to do here any more, and you have changed nothing: see its state below."), messages.ERROR
            )
        return redirect("admin:downloads_release_change", release.pk)


def typed_release(request: HttpRequest, saved: Release | None) -> Release:
    """A release as it stands in the form, be it valid or not; it is not saved. One with files has its product, and no field for it."""
    typed = request.POST
    chosen = Product.objects.filter(pk=number_in(typed.get("product"))).first()
    return Release(
        product=chosen or (saved.product if saved else None),
        version=typed.get("version", "")[:50],
        channel=typed.get("channel", ""),
        notes=typed.get("notes", "")[:LONGEST_NOTES],
        is_critical="is_critical" in typed,
    )
