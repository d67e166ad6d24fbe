"""Holds and appeals, as staff see them: placed on a page of their own, lifted and closed on another; what has happened is never edited."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import F, OrderBy, OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import holds
from accounts.forms.holds import ClosingForm, DecisionForm, PlaceForm
from accounts.models import Appeal, Hold
from privacy.staff import ReadOnlyAdmin, StaffInline


class StateFilter(admin.SimpleListFilter):
    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("in_force", gettext_lazy("in force")),
            ("appealed", gettext_lazy("in force, and the customer wrote")),
            ("closed", gettext_lazy("account closed")),
            ("ended", gettext_lazy("ended")),
            ("automatic", gettext_lazy("placed by a detector")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Hold]) -> Any:
        match self.value():
            case "in_force":
                return queryset.filter(ended_at=None)
            case "appealed":
                return queryset.filter(pk__in=Hold.objects.appealed().values("pk"))
            case "closed":
                return queryset.filter(ended_at=None, closed_at__isnull=False)
            case "ended":
                return queryset.filter(ended_at__isnull=False)
            case "automatic":
                return queryset.filter(placed_by=None)
        return queryset


class AppealInline(StaffInline):
    """What the customer wrote, beside the hold."""

    model = Appeal
    fields = readonly_fields = ("written_at", "words", "destroyed_at")
    can_delete = False
    extra = 0

    @admin.display(description=gettext_lazy("text"))
    def words(self, appeal: Appeal) -> str:
        return appeal.words

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Hold)
class HoldAdmin(ReadOnlyAdmin):
    tells_itself = True
    list_display = ("user", "state", "appealed", "placed_at", "placer", "expires_at", "closed_at", "ended_at")
    list_filter = (StateFilter, "placed_at")
    list_per_page = 50
    search_fields = ("user__email_key__startswith", "user__name__words")
    search_help_text = gettext_lazy("E-mail address or name of the customer.")
    autocomplete_fields = ("user",)
    inlines = (AppealInline,)
    change_form_template = "admin/accounts/hold/change_form.html"

    facts = ("user", "state", "reason", "text", "evidence_lines", "placed_at", "placer", "expires_at", "closed_at")
    end_facts = ("ended_at", "ended_by", "end_reason")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Hold]:
        """With the time of the last appeal that is still to be read."""
        unread = Appeal.objects.filter(hold=OuterRef("pk"), destroyed_at=None).order_by("-written_at")
        holds_with_people = super().get_queryset(request).select_related("user", "placed_by")
        return holds_with_people.annotate(appealed_at=Subquery(unread.values("written_at")[:1]))

    def get_ordering(self, request: HttpRequest) -> list[Any]:
        """In force first, and among them those whose customers wrote."""
        return [OrderBy(F("ended_at"), descending=True, nulls_first=True), OrderBy(F("appealed_at"), nulls_last=True), "-placed_at"]

    @admin.display(description=gettext_lazy("state"))
    def state(self, hold: Hold) -> str:
        if hold.ended_at:
            return hold.get_end_display()
        return _("account closed") if hold.closed_at else _("in force")

    @admin.display(description=gettext_lazy("the customer wrote"), ordering="appealed_at")
    def appealed(self, hold: Any) -> Any:
        return hold.appealed_at

    @admin.display(description=gettext_lazy("placed by"), ordering="placed_by")
    def placer(self, hold: Hold) -> str:
        return str(hold.placed_by or _("a detector, or somebody who has left"))

    @admin.display(description=gettext_lazy("evidence"))
    def evidence_lines(self, hold: Hold) -> str:
        return "\n".join(str(line) for line in hold.evidence) or "–"

    # Placing

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("accounts.add_hold")

    def get_form(self, request: HttpRequest, obj: Hold | None = None, change: bool = False, **kwargs: Any) -> Any:
        if obj:
            return super().get_form(request, obj, change, **kwargs)
        form = type("PlaceForm", (PlaceForm,), {"staff": request.user})
        return super().get_form(request, obj, change, **kwargs | {"form": form})

    def get_fields(self, request: HttpRequest, obj: Hold | None = None) -> Any:
        if obj is None:
            return PlaceForm.Meta.fields
        return self.facts + (self.end_facts if obj.ended_at else ())

    def get_readonly_fields(self, request: HttpRequest, obj: Hold | None = None) -> Any:
        return self.get_fields(request, obj) if obj else ()

    def get_inlines(self, request: HttpRequest, obj: Hold | None) -> Any:
        return self.inlines if obj else ()

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None) -> HttpResponse:
        try:
            return super().add_view(request, form_url, extra_context)
        except holds.AlreadyHeld:
            messages.error(request, _("Somebody else has put this account on hold just now; your hold was not placed."))
        except holds.MayNot:
            messages.error(request, _("This account is not yours to decide about."))
        return redirect("admin:accounts_hold_changelist")

    def save_model(self, request: HttpRequest, obj: Hold, form: Any, change: bool) -> None:
        """A new hold is placed, with all that belongs to it."""
        values = {name: form.cleaned_data[name] for name in ("reason", "text", "evidence", "expires_at")}
        obj.pk = holds.place(obj.user, by=request.user, request=request, **values).pk  # type: ignore[arg-type]

    # Lifting and closing

    def get_urls(self) -> list[URLPattern]:
        def page(view: Callable[..., HttpResponse], name: str) -> URLPattern:
            return path(f"<int:pk>/{name}/", self.admin_site.admin_view(view), name=f"accounts_hold_{name}")

        return [page(self.lift_view, "lift"), page(self.close_view, "close"), *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context = {"may_decide": request.user.has_perm("accounts.change_hold")} | (extra_context or {})
        return super().change_view(request, object_id, form_url, context)

    def lift_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Lift a hold, or open a closed account again."""

        def lift(hold: Hold, values: dict[str, Any]) -> None:
            holds.lift(hold, by=request.user, reason=values["reason"], request=request)  # type: ignore[arg-type]

        return self.decide(request, pk, DecisionForm, lift, _("The hold is lifted, and the customer is told by mail."))

    def close_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Close the account for good."""

        def close(hold: Hold, values: dict[str, Any]) -> None:
            holds.close(hold, by=request.user, reason=values["reason"], text=values["text"], request=request)  # type: ignore[arg-type]

        return self.decide(request, pk, ClosingForm, close, _("The account is closed, and the customer is told by mail."))

    def decide(
        self,
        request: HttpRequest,
        pk: int,
        form_class: type[DecisionForm],
        effect: Callable[[Hold, dict[str, Any]], None],
        done: str,
    ) -> HttpResponse:
        """Ask for the reason, and then do it; whoever was overtaken by a colleague is told so, and nothing happens."""
        if not request.user.has_perm("accounts.change_hold"):
            raise PermissionDenied
        hold = self.get_object(request, str(pk))
        form = form_class(request.POST or None, initial={"was_closed": bool(hold.closed_at)})
        if not form.is_valid():
            return self.ask(request, hold, form)
        messages.add_message(request, *self.outcome(hold, form, effect, done))
        return redirect("admin:accounts_hold_change", hold.pk)

    def ask(self, request: HttpRequest, hold: Hold, form: DecisionForm) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": hold,
            "form": form,
            "closing": isinstance(form, ClosingForm),
            "appeals": hold.appeals.filter(destroyed_at=None),
            "title": _("Close the account") if isinstance(form, ClosingForm) else _("Lift the hold"),
        }
        return render(request, "admin/accounts/hold/decide.html", context)

    def outcome(self, hold: Hold, form: DecisionForm, effect: Callable[[Hold, dict[str, Any]], None], done: str) -> tuple[int, str]:
        """Do it, unless the account is not as the member of staff saw it; returns what to say."""
        try:
            if form.cleaned_data["was_closed"] != bool(hold.closed_at):
                raise holds.Changed
            effect(hold, form.cleaned_data)
        except holds.NotHeld:
            return messages.ERROR, _("This hold had ended already: somebody else was faster. You have changed nothing.")
        except holds.Changed:
            return messages.ERROR, _("This account was closed meanwhile, by somebody else. You have changed nothing; please look again.")
        except holds.MayNot:
            return messages.ERROR, _("Nobody decides about themselves; and members of staff are for administration to decide.")
        return messages.SUCCESS, done
