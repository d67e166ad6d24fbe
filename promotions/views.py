"""The promotions area (promises R1 to R4): a code, who you are, the mailbox proved, and it is yours.

Every page of it records that it was visited. The anonymous session remembers, for this browser, the code and the registration under way.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.limits import PROMO_CONFIRMATIONS, PROMO_VISITS_NOTED, TooManyTries, demand
from accounts.models import Throttle
from accounts.passwords import set_password_url
from accounts.views.refusals import try_later
from audit.kinds import Kind
from audit.log import record
from downloads.models import UnlockCode
from infacta.network import client_ip, network_of
from infacta.paging import page_of
from promotions import monitoring, registration
from promotions.forms.registering import CodeForm, ContactForm, TypedCodeForm
from promotions.models import PromoCode, Promotion, Redemption, RedemptionState, Stage
from promotions.registration import NotPossible, Origin

PROMOTIONS_A_PAGE = 12
CODES_SHOWN = 20
CODE, REGISTRATION, PROVED = "promotions.code", "promotions.registration", "promotions.proved"  # in the session
View = Callable[..., HttpResponse]


def monitored(view: View) -> View:
    """Record the visit (promise R4), of one network as often as a limit allows, so that a flood cannot fill the log."""

    @wraps(view)
    def noting(request: HttpRequest, *args: Any, **values: Any) -> HttpResponse:
        if Throttle.objects.admit(PROMO_VISITS_NOTED, network_of(client_ip(request))):
            record(Kind.PROMOTION_VISITED, request=request, page=view.__name__, promotion=values.get("slug", ""))
        return view(request, *args, **values)

    return noting


@require_safe
@monitored
def promotions(request: HttpRequest) -> HttpResponse:
    """What is running now."""
    running = Promotion.objects.running(timezone.now())
    return render(request, "promotions/promotions.html", {"page": page_of(running, request.GET.get("page"), PROMOTIONS_A_PAGE)})


@require_http_methods(["GET", "HEAD", "POST"])
@monitored
def promotion(request: HttpRequest, slug: str) -> HttpResponse:
    """What is offered, and step one: the code."""
    offered = get_object_or_404(Promotion.objects.shown(), slug=slug)
    form = CodeForm(offered, request.POST or None)
    if request.method != "POST" or offered.stage != Stage.RUNNING:
        return show_promotion(request, offered, form)
    if not form.is_valid():
        monitoring.note_mistyped(request, offered)
        return show_promotion(request, offered, form)
    try:
        code = monitoring.accepted_code(request, offered, form.cleaned_data["code"])
    except NotPossible as refusal:
        form.add_error("code", str(refusal))
        return show_promotion(request, offered, form)
    except TooManyTries as refusal:
        form.add_error("code", _("Too many codes were tried in vain. Please wait a few minutes, and try yours once more."))
        return try_later(show_promotion(request, offered, form), refusal)
    request.session[CODE] = code.pk
    return redirect("promotions:register", slug)


def show_promotion(request: HttpRequest, offered: Promotion, form: CodeForm, template: str = "promotions/promotion.html") -> HttpResponse:
    """The promotion's page; staff look at a draft by a template of theirs that adds a bar."""
    grants = offered.grants.select_related("product", "edition")
    context = {"promotion": offered, "grants": grants, "form": form, "stage": offered.stage, "stages": Stage}
    return render(request, template, context)


@require_http_methods(["GET", "HEAD", "POST"])
@monitored
def register(request: HttpRequest, slug: str) -> HttpResponse:
    """Step two: who you are."""
    offered = get_object_or_404(Promotion.objects.shown(), slug=slug)
    code = PromoCode.objects.select_related("batch").filter(pk=request.session.get(CODE, 0), batch__promotion=offered).first()
    if code is None:
        messages.info(request, _("Please begin with your code."))
        return redirect("promotions:promotion", slug)
    form = ContactForm(offered, request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return render(request, "promotions/register.html", {"promotion": offered, "form": form, "code": code})
    context = {"promotion": offered, "form": form, "code": code}
    try:
        monitoring.slow_down(request)
        held = form.register(code, Origin(client_ip(request), request))
    except NotPossible as refusal:
        monitoring.note_refusal(request, code, form.cleaned_data["email"], refusal)
        form.add_error(None, str(refusal))
        return render(request, "promotions/register.html", context)
    except TooManyTries as refusal:
        form.add_error(
            None, _("There are very many registrations from your network just now. Please wait a minute, and press the button again.")
        )
        return try_later(render(request, "promotions/register.html", context), refusal)
    request.session[REGISTRATION] = held.pk
    return redirect("promotions:check_mail", slug)


@require_http_methods(["GET", "HEAD", "POST"])
@monitored
def check_mail(request: HttpRequest, slug: str) -> HttpResponse:
    """The mail is on its way: the code in it is typed here, or its link opened anywhere."""
    waiting = registration_of(request)
    if waiting is None or waiting.promotion.slug != slug:
        return redirect("promotions:promotion", slug)
    form = TypedCodeForm(waiting, request.POST or None)
    if request.method == "POST":
        try:
            demand(PROMO_CONFIRMATIONS, str(waiting.key))
        except TooManyTries as refusal:
            form = TypedCodeForm(waiting)
            messages.warning(request, _("That was tried too often. Please wait a minute, or open the link in our mail."))
            return try_later(show_check_mail(request, waiting, form), refusal)
        if form.is_valid():
            return confirmed(request, waiting)
    return show_check_mail(request, waiting, form)


def show_check_mail(request: HttpRequest, waiting: Redemption, form: forms.Form) -> HttpResponse:
    return render(request, "promotions/check_mail.html", {"redemption": waiting, "promotion": waiting.promotion, "form": form})


@require_http_methods(["GET", "HEAD", "POST"])
@monitored
def confirm_link(request: HttpRequest, token: str) -> HttpResponse:
    """What the mail links to: a page with a button, for programs that open links confirm nothing."""
    waiting = registration.redemption_of_link(token)
    if waiting is None:
        return render(request, "promotions/dead_link.html", status=404)
    if request.method == "POST":
        return confirmed(request, waiting)
    return render(request, "promotions/confirm.html", {"redemption": waiting, "promotion": waiting.promotion})


def confirmed(request: HttpRequest, waiting: Redemption) -> HttpResponse:
    """Grant it, and lead to what it gave."""
    if not registration.confirm(waiting, request):
        return render(request, "promotions/lapsed.html", {"promotion": waiting.promotion}, status=410)
    request.session[REGISTRATION] = waiting.pk
    request.session[PROVED] = waiting.pk
    return redirect("promotions:done")


@require_safe
@monitored
def done(request: HttpRequest) -> HttpResponse:
    """What the registration gave, shown in the browser in which the mailbox was proved."""
    proved = Redemption.objects.select_related("promotion", "user").filter(pk=request.session.get(PROVED, 0)).first()
    if proved is None or proved.state != RedemptionState.CONFIRMED or proved.user is None:
        return redirect("promotions:promotions")
    codes = UnlockCode.objects.valid().filter(entitlement__redemption_item__redemption=proved).select_related("entitlement__product")
    context = {
        "promotion": proved.promotion,
        "redemption": proved,
        "codes": codes.order_by("pk")[:CODES_SHOWN],
        "set_password_url": "" if proved.user.has_usable_password() else set_password_url(proved.user),
    }
    return render(request, "promotions/done.html", context)


def registration_of(request: HttpRequest) -> Redemption | None:
    """The registration under way in this browser."""
    return Redemption.objects.select_related("promotion").filter(pk=request.session.get(REGISTRATION, 0)).first()
