"""The promotions area (promises R1 to R4): a code, who you are, the mailbox proved, and it is yours.

Every page of it records that it was visited. No page of it tells whose address is registered, or has an account: what differs from one
person to the next is told in the mail, and to whoever proved the mailbox.
"""

import time
from collections.abc import Callable
from functools import wraps
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from accounts.cookie_check import FRESH, TESTED
from accounts.limits import PROMO_CONFIRMATIONS, PROMO_VISITS_NOTED, TooManyTries, demand
from accounts.models import Throttle
from accounts.views.refusals import try_later
from audit.kinds import Kind
from audit.log import record
from infacta.network import client_ip, network_of
from infacta.origin import comes_from_here
from infacta.paging import number_in, page_of
from promotions import monitoring, under_way
from promotions.forms.registering import CodeForm, ContactForm, TypedCodeForm
from promotions.models import PromoCode, Promotion, Redemption, RedemptionState, Stage
from promotions.proof import link_of, redemption_of_link
from promotions.proving import prove
from promotions.registration import AccountHeld, NotPossible, Origin, why_closed
from promotions.results import result_of

PROMOTIONS_A_PAGE = 12
LONGEST_SLUG = 50  # no promotion has a longer one, whatever a visitor asks for
BEGIN = "begin"  # in the query: step two was asked for without a code
View = Callable[..., HttpResponse]


def monitored(view: View) -> View:
    """Record the visit (promise R4), of one network as often as a limit allows, so that a flood cannot fill the log."""

    @wraps(view)
    def noting(request: HttpRequest, *args: Any, **values: Any) -> HttpResponse:
        if Throttle.objects.admit(PROMO_VISITS_NOTED, network_of(client_ip(request))):
            record(Kind.PROMOTION_VISITED, request=request, page=view.__name__, promotion=values.get("slug", "")[:LONGEST_SLUG])
        return view(request, *args, **values)

    return noting


@require_safe
@monitored
def promotions(request: HttpRequest) -> HttpResponse:
    """What is running now."""
    running = Promotion.objects.running(timezone.now())
    return render(request, "promotions/promotions.html", {"page": page_of(running, request.GET.get("page"), PROMOTIONS_A_PAGE)})


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@monitored
def promotion(request: HttpRequest, slug: str) -> HttpResponse:
    """What is offered, and step one: the code.

    The form has no token, for a token needs a session and thus a cookie, and here nothing needs one yet. What another site might send in
    a visitor's name is not read: the browser says where a form comes from.
    """
    offered = get_object_or_404(Promotion.objects.shown(), slug=slug)
    is_sent = request.method == "POST" and comes_from_here(request)
    form = CodeForm(offered, request.POST if is_sent else None)
    if not is_sent or not offered.is_open:
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
    under_way.remember_code(request, code)
    return HttpResponseRedirect(f"{reverse('promotions:register', args=[slug])}?{TESTED}={int(time.time())}")


def show_promotion(request: HttpRequest, offered: Promotion, form: CodeForm, template: str = "promotions/promotion.html") -> HttpResponse:
    """The promotion's page; staff look at a draft by a template of theirs."""
    context = {
        "promotion": offered,
        "grants": offered.grants.select_related("product", "edition"),
        "form": form,
        "stage": offered.stage,
        "stages": Stage,
        "is_open": offered.is_open,
        "why_closed": why_closed(offered),
        "begins_here": BEGIN in request.GET,
    }
    return render(request, template, context)


@require_http_methods(["GET", "HEAD", "POST"])
@monitored
def register(request: HttpRequest, slug: str) -> HttpResponse:
    """Step two: who you are."""
    offered = get_object_or_404(Promotion.objects.shown(), slug=slug)
    code = under_way.code_of(request, offered)
    if code is None:
        return without_code(request, offered)
    begun = under_way.registration_of(request, offered)
    if request.method != "POST" and begun is None and not offered.is_open:
        return redirect(offered)
    form = ContactForm(offered, request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return show_step_two(request, form, code)
    try:
        monitoring.slow_down(request)
        held = form.register(code, Origin(client_ip(request), request), begun)
    except Promotion.DoesNotExist as gone:  # staff deleted it at this very moment
        raise Http404 from gone
    except NotPossible as refusal:
        if begun and refusal.why != "stopped" and under_way.has_just_asked(request, code, begun, form.cleaned_data["email"]):
            return to_mail(request, begun, code)
        monitoring.note_refusal(request, code, form.cleaned_data["email"], refusal)
        form.add_error(None, str(refusal))
        return show_step_two(request, form, code)
    except TooManyTries as refusal:
        form.add_error(
            None, _("There are very many registrations from your network just now. Please wait a minute, and press the button again.")
        )
        return try_later(show_step_two(request, form, code), refusal)
    return to_mail(request, held, code)


def to_mail(request: HttpRequest, begun: Redemption, code: PromoCode) -> HttpResponse:
    under_way.remember(request, begun)
    under_way.note_asking(request, code)
    return redirect("promotions:check_mail", begun.promotion.slug)


def without_code(request: HttpRequest, offered: Promotion) -> HttpResponse:
    """Lead back to step one; a browser in which the code was accepted just now, and that forgot it, refuses the session's cookie."""
    if abs(time.time() - number_in(request.GET.get(TESTED))) < FRESH and not request.COOKIES:
        return render(request, "promotions/cookies_refused.html", {"promotion": offered})
    return HttpResponseRedirect(f"{offered.get_absolute_url()}?{BEGIN}")


def show_step_two(request: HttpRequest, form: ContactForm, code: PromoCode) -> HttpResponse:
    return render(request, "promotions/register.html", {"promotion": form.promotion, "form": form, "code": code})


@require_http_methods(["GET", "HEAD", "POST"])
@monitored
def check_mail(request: HttpRequest, slug: str) -> HttpResponse:
    """The mail is on its way: the code in it is typed here, or its link opened anywhere. It looks the same, whatever the address has already."""
    offered = get_object_or_404(Promotion.objects.shown(), slug=slug)
    waiting = under_way.registration_of(request, offered)
    if waiting is None:
        return redirect(offered)
    form = TypedCodeForm(waiting, request.POST or None)
    if request.method != "POST":
        return show_check_mail(request, waiting, form)
    try:
        demand(PROMO_CONFIRMATIONS, str(waiting.key))
    except TooManyTries as refusal:
        return try_later(show_check_mail(request, waiting, TypedCodeForm(waiting), is_too_often=True), refusal)
    if not form.is_valid():
        return show_check_mail(request, waiting, form)
    return proved(request, waiting, by_link=False)


def show_check_mail(request: HttpRequest, waiting: Redemption, form: forms.Form, is_too_often: bool = False) -> HttpResponse:
    context = {"address": waiting.email_key, "promotion": waiting.promotion, "form": form, "is_too_often": is_too_often}
    return render(request, "promotions/check_mail.html", context)


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@monitored
def confirm_link(request: HttpRequest, slug: str, token: str) -> HttpResponse:
    """What the mail links to: a page with a button, for programs that open links confirm nothing; afterwards, what it gave.

    It needs no session and no token, for nobody can forge an address that only the mail knows: so it works on every device, and where
    cookies are refused. The promotion's name in the address is for people: should it change, older mails still work.
    """
    waiting = redemption_of_link(token)
    if waiting is None:
        return render(request, "promotions/dead_link.html", status=404)
    if request.method == "POST":
        return proved(request, waiting, by_link=True)
    if waiting.state == RedemptionState.CONFIRMED:
        return show_result(request, waiting)
    return render(request, "promotions/confirm.html", {"redemption": waiting, "promotion": waiting.promotion})


def proved(request: HttpRequest, waiting: Redemption, by_link: bool) -> HttpResponse:
    """Grant it, and lead to what it gave."""
    try:
        confirmed = prove(waiting, request)
    except Redemption.DoesNotExist:  # its thirty days were over at this very moment
        return render(request, "promotions/dead_link.html", status=404)
    except AccountHeld:
        return render(request, "promotions/account_held.html", {"promotion": waiting.promotion}, status=403)
    except NotPossible as refusal:
        return render(request, "promotions/lapsed.html", {"promotion": waiting.promotion, "reason": str(refusal)}, status=410)
    if by_link:
        return HttpResponseRedirect(link_of(confirmed))
    under_way.remember_proof(request, confirmed)
    return redirect("promotions:done", confirmed.promotion.slug)


@require_safe
@monitored
def done(request: HttpRequest, slug: str) -> HttpResponse:
    """What the registration gave, in the browser in which the code of the mail was typed."""
    confirmed = under_way.proved_of(request, get_object_or_404(Promotion.objects.shown(), slug=slug))
    if confirmed is None or confirmed.state != RedemptionState.CONFIRMED:
        return redirect("promotions:promotion", slug)
    return show_result(request, confirmed)


def show_result(request: HttpRequest, confirmed: Redemption) -> HttpResponse:
    return render(request, "promotions/done.html", {"promotion": confirmed.promotion, "result": result_of(confirmed)})
