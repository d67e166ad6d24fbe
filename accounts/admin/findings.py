"""Signs of misuse, as staff see them: a queue, a page for each with a picture, and two decisions (promises C4, C7, C15)."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.detectors import BY_SLUG, WATCHES, named
from accounts.detectors.words import evidence_rows
from accounts.findings import proposed_text
from accounts.forms.findings import DecisionForm, DismissForm, HoldForm
from accounts.matters import address_of
from accounts.models import Hold, MisuseFinding
from accounts.models.finding import REPORTED_BY_CUSTOMER, FindingState
from accounts.requests import AccountsRequest
from accounts.timelines import timeline
from privacy.reach import reach_of, visible
from privacy.staff import ReadOnlyAdmin

DECIDE = "accounts.change_misusefinding"
MOST_OTHERS = 20
FIELDS = ("whose", "detector_name", "sentence", "explanation", "total_score", "score", "first_at", "last_at", "found_at", "state")


class WhatToDo(admin.SimpleListFilter):
    """The queue by itself; everything else when it is asked for."""

    title = gettext_lazy("what to do")
    parameter_name = "what"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return [
            ("held", gettext_lazy("held automatically, not decided by staff")),
            ("open", gettext_lazy("all that are open, weak ones too")),
            ("decided", gettext_lazy("decided")),
            ("all", gettext_lazy("all")),
        ]

    def choices(self, changelist: Any) -> Any:
        """The first choice is the queue, not "all"."""
        for number, choice in enumerate(super().choices(changelist)):
            yield choice if number else choice | {"display": _("to be looked at")}

    def queryset(self, request: HttpRequest, queryset: QuerySet[MisuseFinding]) -> QuerySet[MisuseFinding]:
        conditions = {
            "held": Q(state=FindingState.HELD, decided_by=None, user__holds__ended_at=None, user__holds__placed_by=None),
            "open": Q(state=FindingState.OPEN),
            "decided": ~Q(state=FindingState.OPEN),
            "all": Q(),
        }
        if condition := conditions.get(self.value() or ""):
            return queryset.filter(condition).distinct()
        return queryset if self.value() == "all" else queryset.filter(pk__in=MisuseFinding.objects.to_review().order_by().values("pk"))


class DetectorFilter(admin.SimpleListFilter):
    title = gettext_lazy("detector")
    parameter_name = "detector"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        names: list[tuple[str, Any]] = [(slug, detector.name) for slug, detector in BY_SLUG.items()]
        names += [(slug, watch.name) for slug, watch in WATCHES.items()]
        return [*names, (REPORTED_BY_CUSTOMER, gettext_lazy("reported by the customer"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[MisuseFinding]) -> QuerySet[MisuseFinding]:
        return queryset.filter(detector=self.value()) if self.value() else queryset


@admin.register(MisuseFinding)
class MisuseFindingAdmin(ReadOnlyAdmin):
    list_display = ("whose", "total_score", "detector_name", "last_at", "state")
    list_filter = (WhatToDo, DetectorFilter, "last_at")
    search_fields = ("user__email_key__exact", "network__exact")
    search_help_text = gettext_lazy("E-mail address or network, in full.")
    list_select_related = ("user",)
    list_per_page = 50
    change_form_template = "admin/accounts/misusefinding/change_form.html"

    def get_queryset(self, request: HttpRequest) -> Any:
        return visible(request, MisuseFinding.objects.with_totals())

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        """The strongest account first, and what belongs to one account together."""
        return ("-total", "user", "network", "matter", "-score", "-pk")

    def get_fields(self, request: HttpRequest, obj: MisuseFinding | None = None) -> tuple[str, ...]:
        return FIELDS if obj and obj.state == FindingState.OPEN else (*FIELDS, "decided_at", "decided_by", "decision")

    @admin.display(description=gettext_lazy("customer, network or matter"), ordering="user")
    def whose(self, finding: MisuseFinding) -> str:
        return finding.subject

    @admin.display(description=gettext_lazy("total score"), ordering="total")
    def total_score(self, finding: Any) -> int:
        return int(finding.total)

    @admin.display(description=gettext_lazy("detector"), ordering="detector")
    def detector_name(self, finding: MisuseFinding) -> str:
        return finding.detector_in_words

    @admin.display(description=gettext_lazy("looks for"))
    def sentence(self, finding: MisuseFinding) -> str:
        """What its detector looks for; nobody looked for what a customer reported, and its explanation says all."""
        detector = named(finding.detector)
        return str(detector.sentence) if detector else "–"

    def get_urls(self) -> list[URLPattern]:
        own = [
            path("<int:pk>/hold/", self.admin_site.admin_view(self.hold), name="accounts_misusefinding_hold"),
            path("<int:pk>/dismiss/", self.admin_site.admin_view(self.dismiss), name="accounts_misusefinding_dismiss"),
        ]
        return own + super().get_urls()

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **options: Any) -> HttpResponse:
        finding: MisuseFinding = context["original"]
        context |= {
            "evidence": evidence_rows(finding.evidence, getattr(named(finding.detector), "words", None)),
            "matter_url": address_of(finding),
            "may_decide": finding.state == FindingState.OPEN and request.user.has_perm(DECIDE),
        }
        if finding.user:
            context |= {
                "timeline": timeline(finding.user, finding.last_at),
                "others": MisuseFinding.objects.filter(user=finding.user).exclude(pk=finding.pk)[:MOST_OTHERS],
                "holds": Hold.objects.filter(user=finding.user).select_related("placed_by")[:MOST_OTHERS],
            }
        return super().render_change_form(request, context, *args, **options)

    def dismiss(self, request: AccountsRequest, pk: int) -> HttpResponse:
        finding = self.open_finding(request, pk)
        form = DismissForm(finding, request, request.POST or None)
        return self.decision(
            request, form, _("Dismiss this finding"), _("The finding was dismissed. What happened up to now is not found again.")
        )

    def hold(self, request: AccountsRequest, pk: int) -> HttpResponse:
        finding = self.open_finding(request, pk, user__isnull=False)
        form = HoldForm(finding, request, request.POST or None, initial={"text": proposed_text(finding)})
        return self.decision(request, form, _("Put the account on hold"), _("The account is on hold. A mail tells the customer."))

    def open_finding(self, request: HttpRequest, pk: int, **conditions: Any) -> MisuseFinding:
        """The finding to be decided; 404 if there is no such open one, 403 for whoever may not decide."""
        if not request.user.has_perm(DECIDE):
            raise PermissionDenied
        open_ones = MisuseFinding.objects.select_related("user").filter(state=FindingState.OPEN, **conditions)
        finding = get_object_or_404(visible(request, open_ones), pk=pk)
        if finding.user_id:
            reach_of(request).looked_at(finding.user_id)
        return finding

    def decision(self, request: AccountsRequest, form: DecisionForm, title: str, done: str) -> HttpResponse:
        """The page of a decision, which acts on POST alone; then back to the finding."""
        if request.method == "POST" and form.is_done():
            self.message_user(request, done, messages.SUCCESS)
            return redirect("admin:accounts_misusefinding_change", form.finding.pk)
        context = {**self.admin_site.each_context(request), "title": title, "form": form, "original": form.finding, "opts": self.opts}
        return render(request, "admin/accounts/misusefinding/decide.html", context)
