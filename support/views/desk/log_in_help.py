"""What staff see and decide of a request for help with the log-in, and the history of such requests (promise C8)."""

from typing import Any, cast

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from accounts.addresses import masked
from accounts.customer_search import Hit
from accounts.models import User
from accounts.openings import NotFound, customer_of
from accounts.roles import in_role
from audit.kinds import Kind as Fact
from audit.log import record
from infacta.paging import page_of
from support.desk.panels import panel
from support.forms.keeping import KeepProofForm
from support.forms.login_help import RefuseLogInForm, SendWayInForm
from support.login_help import deciding, history
from support.login_help.matching import HIGHEST, candidates_for
from support.models import Case, Kind, LoginHelpRequest, ProofOfPurchase
from support.views.desk.deciding import case_in_hand, decide, sent
from support.views.desk.queue import page, works

KEEP = "support.add_casehold"
A_PAGE = 50
TOLD = {
    "name": gettext_lazy("Name"),
    "purchase_email": gettext_lazy("E-mail address of the purchase"),
    "order_reference": gettext_lazy("Order number"),
    "product": gettext_lazy("Product"),
    "postal_code": gettext_lazy("Postal code"),
    "bought_when": gettext_lazy("Bought about"),
    "partner": gettext_lazy("Bought from"),
}


@panel(Kind.LOGIN_HELP, "admin/support/panels/login_help.html")
def panel_of(request: HttpRequest, case: Case) -> dict[str, Any]:
    """What was told, whose account it may be, and what was asked before. What is on file is compared, and not shown; that it was is recorded."""
    shown: dict[str, Any] = {"before": history.before(case)}
    proof = ProofOfPurchase.objects.filter(case=case).select_related("retained_by").first()
    if proof is None:
        return shown
    proof.case = case
    shown |= {"proof": proof, "told": [(label, proof.told[name]) for name, label in TOLD.items()], "highest": HIGHEST}
    if proof.retained_until:
        return shown
    return shown | {"candidates": compared(request, case, proof), "may_keep": request.user.has_perm(KEEP)}


def compared(request: Any, case: Case, proof: ProofOfPurchase) -> list[dict[str, Any]]:
    """The candidates, masked as wherever staff look for customers."""
    found = candidates_for(proof.told, case.details.email)
    staff = request.user
    only = found[0].user if len(found) == 1 else None
    facts = {"by": ["proof of purchase"], "found": len(found), "case": case.reference}
    record(Fact.CUSTOMER_SOUGHT, user=only, actor=staff, request=request, **in_role(staff), **facts)
    return [{"hit": Hit.of(staff, one.user), "score": one.score, "lines": one.lines} for one in found]


@require_http_methods(["GET", "HEAD", "POST"])
@works
def send(request: HttpRequest, reference: str, key: str) -> HttpResponse:
    """Mail the way in to the address on file of a customer whom this member of staff was shown."""
    case, staff = case_in_hand(request, reference, Kind.LOGIN_HELP), cast(User, request.user)
    try:
        customer = customer_of(staff, key)
    except NotFound as error:
        raise Http404 from error

    def effect(values: dict[str, Any]) -> str:
        try:
            deciding.send_way_in(case, customer, by=staff, request=request)
        except deciding.NoCandidate as error:
            raise forms.ValidationError(_("Nothing of what was told agrees with this account.")) from error
        except deciding.OnHold as error:
            raise forms.ValidationError(
                _(
                    "This account is on hold: a new password would let nobody in. Whoever knows the password can write to us from the page of the hold."
                )
            ) from error
        return _("The way in is on its way to the address on file. The proof is destroyed, and the case is closed.")

    form = SendWayInForm(sent(request))
    context = {"what": "send", "address": masked(customer.email)}
    return decide(request, case, title=_("Send the way in"), form=form, effect=effect, **context)


@require_http_methods(["GET", "HEAD", "POST"])
@works
def refuse(request: HttpRequest, reference: str) -> HttpResponse:
    case = case_in_hand(request, reference, Kind.LOGIN_HELP)

    def effect(values: dict[str, Any]) -> str:
        deciding.refuse(case, values["reason"], by=request.user, request=request)
        return _("It is refused. The proof is destroyed, and the case is closed.")

    return decide(request, case, title=_("Refuse"), form=RefuseLogInForm(sent(request)), effect=effect, what="refuse_log_in")


@require_http_methods(["GET", "HEAD", "POST"])
@works
def keep(request: HttpRequest, reference: str) -> HttpResponse:
    """For administration; whoever may not is told so by a 404, as of a page that there is not."""
    case = case_in_hand(request, reference, Kind.LOGIN_HELP)
    if not request.user.has_perm(KEEP):
        raise Http404

    def effect(values: dict[str, Any]) -> str:
        deciding.refuse_and_keep(case, values["reason"], values["until"], by=request.user, request=request)
        return _("It is refused. The proof is kept until that day, with your reason, and the case is closed.")

    return decide(request, case, title=_("Refuse, and keep the proof"), form=KeepProofForm(sent(request)), effect=effect, what="keep")


@require_safe
@works
def repeats(request: HttpRequest) -> HttpResponse:
    """The orders that were named again and again, and the addresses that named several. Digests alone: nobody reads an order or an address here."""
    orders = page_of(LoginHelpRequest.objects.repeats("order_digest", "address_digest"), request.GET.get("page"), A_PAGE)
    addresses = page_of(LoginHelpRequest.objects.repeats("address_digest", "order_digest"), request.GET.get("addresses"), A_PAGE)
    return page(request, "repeats", _("Log-in help: repeats"), page=orders, addresses=addresses)


@require_safe
@works
def of_order(request: HttpRequest, order: str) -> HttpResponse:
    """The requests that named one order, by the beginning of its digest."""
    named = LoginHelpRequest.objects.of_order(order).select_related("case")
    return page(request, "order", _("Log-in help: one order"), page=page_of(named, request.GET.get("page"), A_PAGE), order=order[:8])
