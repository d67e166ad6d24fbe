"""Staff watch a promotion and act on what they see: its figures, its batches, its registrations one by one (promises R2, R4).

The pages stand in the staff area beside Django's own (promotions/live_urls.py), and show what is within the reach of whoever asks.
"""

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.decorators import permission_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import Hold, MisuseFinding
from audit.kinds import Kind
from audit.log import record
from infacta.paging import page_of
from privacy.reach import reach_of, visible
from privacy.staff import look_at_the_only_one
from promotions import export_registrations, stopping
from promotions.detectors import BATCH_LEAK
from promotions.ending import Step, step_of
from promotions.figures import figures_of, networks_of
from promotions.forms.ending import EndForm, ReinstateForm
from promotions.forms.staff import StopBatchForm, StopForm
from promotions.models import BatchState, CodeBatch, Promotion, Redemption, RedemptionState
from promotions.watching import BATCH, matter_of, matter_of_batch, matter_of_person

A_PAGE = 50
MOST_FINDINGS = 20
PERMISSIONS = {"promotion": "promotions.change_promotion", "batch": "promotions.change_codebatch"}
sees_promotions = permission_required("promotions.view_promotion", raise_exception=True)
sees_batches = permission_required("promotions.view_codebatch", raise_exception=True)
sees_registrations = permission_required("promotions.view_redemption", raise_exception=True)
ends_registrations = permission_required("promotions.end_redemption", raise_exception=True)


def page(request: HttpRequest, template: str, title: str, **context: Any) -> HttpResponse:
    return render(request, f"admin/promotions/live/{template}.html", {**admin.site.each_context(request), "title": title, **context})


@require_safe
@sees_promotions
def promotions(request: HttpRequest) -> HttpResponse:
    """All promotions, the latest first."""
    return page(request, "promotions", _("Promotions, live"), page=page_of(Promotion.objects.all(), request.GET.get("page"), A_PAGE))


@require_safe
@sees_promotions
def promotion(request: HttpRequest, pk: int) -> HttpResponse:
    """The figures of now; loading the page again shows them anew."""
    shown, now = get_object_or_404(Promotion, pk=pk), timezone.now()
    figures = figures_of(shown, now)
    keys = [matter_of(shown).key, *(f"{BATCH}:{row['number']}" for row in figures.batches)]
    context = {
        "promotion": shown,
        "figures": figures,
        "now": now,
        "findings": findings_about(request, keys),
        "may_stop": request.user.has_perm(PERMISSIONS["promotion"]) and shown.is_on,
        "may_export": request.user.has_perm("promotions.export_redemption"),
    }
    return page(request, "promotion", shown.title, **context)


def findings_about(request: HttpRequest, keys: list[str]) -> QuerySet[MisuseFinding]:
    """Those about these matters, open ones first; for whoever may see signs of misuse."""
    if not request.user.has_perm("accounts.view_misusefinding"):
        return MisuseFinding.objects.none()
    found = MisuseFinding.objects.filter(matter__in=keys).select_related("user")
    return found.order_by("-state", "-last_at", "-pk")[:MOST_FINDINGS]


@require_safe
@sees_batches
def batch(request: HttpRequest, pk: int) -> HttpResponse:
    """One batch: where its codes were redeemed from, and a button that stops it."""
    shown = get_object_or_404(CodeBatch.objects.select_related("promotion"), pk=pk)
    rows = page_of(registrations_of(request).filter(code__batch=shown), request.GET.get("page"), A_PAGE)
    look_at_the_only_one(request, rows.rows)
    context = {
        "batch": shown,
        "networks": networks_of(shown, timezone.now() - BATCH_LEAK.window),
        "findings": findings_about(request, [matter_of_batch(shown).key]),
        "may_stop": request.user.has_perm(PERMISSIONS["batch"]) and shown.state != BatchState.STOPPED,
        "page": rows,
    }
    return page(request, "batch", str(shown), **context)


@require_safe
@sees_registrations
def person(request: HttpRequest, key: str) -> HttpResponse:
    """The registrations of one person, by what tells people apart: the beginning of a digest."""
    theirs = registrations_of(request).filter(abuse_key__gte=key, abuse_key__lt=f"{key}g")  # a range, for the index; no digit comes after f
    shown = page_of(theirs, request.GET.get("page"), A_PAGE)
    look_at_the_only_one(request, shown.rows)
    context = {"page": shown, "findings": findings_about(request, [matter_of_person(key).key])}
    return page(request, "registrations", _("Registrations of one person"), **context)


@require_safe
@sees_registrations
def disposable(request: HttpRequest, pk: int) -> HttpResponse:
    """The registrations of a promotion with disposable addresses."""
    shown = get_object_or_404(Promotion, pk=pk)
    marked = page_of(registrations_of(request).filter(promotion=shown, is_disposable=True), request.GET.get("page"), A_PAGE)
    look_at_the_only_one(request, marked.rows)
    context = {"page": marked, "findings": [], "promotion": shown}
    return page(request, "registrations", _("Registrations with disposable addresses"), **context)


def registrations_of(request: HttpRequest) -> QuerySet[Redemption]:
    return visible(request, Redemption.objects.select_related("promotion", "code__batch", "user"))


@require_safe
@sees_registrations
def registration(request: HttpRequest, pk: int) -> HttpResponse:
    """One registration, and what may be done about it. To look at it is to look at its person."""
    shown = seen(request, pk)
    context = {"redemption": shown, "step": step_of(shown), "items": shown.items.select_related("entitlement__product")}
    context["may_end"] = request.user.has_perm("promotions.end_redemption")
    context["is_ended"] = shown.state == RedemptionState.ENDED and shown.confirmed_at is not None and shown.user is not None
    return page(request, "registration", str(shown), **context)


def seen(request: HttpRequest, pk: int) -> Redemption:
    """404 for one that is out of reach, as for one that does not exist."""
    shown = get_object_or_404(registrations_of(request), pk=pk)
    if shown.user_id:
        reach_of(request).looked_at(shown.user_id)
    return shown


@require_http_methods(["GET", "HEAD", "POST"])
@ends_registrations
def end(request: HttpRequest, pk: int) -> HttpResponse:
    """The next step of ending it, after a reason."""
    shown = seen(request, pk)
    step = step_of(shown)
    if step is Step.NOTHING:
        messages.error(request, _("There is nothing to end here (any more)."))
        return redirect("promotions_live:registration", pk)
    form = EndForm(shown, step, request.POST or None)
    if request.method == "POST" and form.is_done(request):
        messages.success(request, _("It is done, and is in the audit log."))
        return redirect("promotions_live:registration", pk)
    hold = Hold.objects.filter(user=shown.user_id, ended_at=None).first() if shown.user_id else None
    appeals = hold.appeals.filter(destroyed_at=None) if hold else []
    back = reverse("promotions_live:registration", args=[pk])
    return page(request, "decide", str(step.label), form=form, step=step, redemption=shown, appeals=appeals, back=back)


@require_http_methods(["GET", "HEAD", "POST"])
@ends_registrations
def reinstate(request: HttpRequest, pk: int) -> HttpResponse:
    """What was taken back is given again, after a reason."""
    shown = seen(request, pk)
    form = ReinstateForm(shown, request.POST or None)
    if request.method == "POST" and form.is_done(request):
        messages.success(request, _("The customer has it again, and a mail says so."))
        return redirect("promotions_live:registration", pk)
    back = reverse("promotions_live:registration", args=[pk])
    return page(request, "decide", _("Give back what was taken back"), form=form, redemption=shown, back=back)


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required(PERMISSIONS["promotion"], raise_exception=True)
def stop(request: HttpRequest, pk: int) -> HttpResponse:
    """End a promotion before its time."""
    shown = get_object_or_404(Promotion, pk=pk)
    if not shown.is_on:
        told(request, stopped=False)
        return redirect("promotions_live:promotion", pk)
    form = StopForm(request.POST or None)
    if form.is_valid():
        told(request, stopping.stop_promotion(shown, form.cleaned_data["reason"], request))
        return redirect("promotions_live:promotion", pk)
    back = reverse("promotions_live:promotion", args=[pk])
    return page(request, "decide", _("Stop this promotion"), form=form, promotion=shown, back=back)


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required(PERMISSIONS["batch"], raise_exception=True)
def stop_batch(request: HttpRequest, pk: int) -> HttpResponse:
    """End a batch: none of its codes opens a registration any more."""
    shown = get_object_or_404(CodeBatch.objects.select_related("promotion"), pk=pk)
    if shown.state == BatchState.STOPPED:
        told(request, stopped=False)
        return redirect("promotions_live:codebatch", pk)
    form = StopBatchForm(request.POST or None)
    if form.is_valid():
        told(request, stopping.stop_batch(shown, form.cleaned_data["reason"], request))
        return redirect("promotions_live:codebatch", pk)
    back = reverse("promotions_live:codebatch", args=[pk])
    return page(request, "decide", _("Stop this batch"), form=form, batch=shown, back=back)


def told(request: HttpRequest, stopped: bool) -> None:
    if stopped:
        messages.success(request, _("It is stopped. What waits for its mailbox may be confirmed within the hour, and lapses then."))
    else:
        messages.error(request, _("There is nothing to stop here (any more), and you have changed nothing: see its state below."))


@require_POST
@permission_required("promotions.export_redemption", raise_exception=True)
def export(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The file comes a row at a time; that it was taken is in the audit log first."""
    shown = get_object_or_404(Promotion, pk=pk)
    record(Kind.REGISTRATIONS_EXPORTED, actor=request.user, request=request, promotion=shown.slug, count=shown.redemptions.count())
    name = f"registrations-{shown.slug}-{timezone.localdate():%Y-%m-%d}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return StreamingHttpResponse(export_registrations.lines_of(shown), content_type="text/csv; charset=utf-8", headers=headers)
