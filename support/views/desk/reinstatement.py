"""What staff see and decide of a request to end a hold (promise C19). The decision itself is administration's (accounts/holds.py)."""

from typing import Any, cast

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts import holds
from accounts.forms.holds import ClosingForm, DecisionForm
from accounts.models import Hold, User
from support.cases.hands import Decided
from support.desk.panels import panel
from support.models import Case, Kind, Reinstatement
from support.views.desk.deciding import case_in_hand, decide, open_record_of, overtaken, sent
from support.views.desk.queue import works

DECIDE = "accounts.change_hold"


@panel(Kind.REINSTATEMENT, "admin/support/panels/reinstatement.html")
def panel_of(request: HttpRequest, case: Case) -> dict[str, Any]:
    """What the hold is about; buttons for administration, and for support the hint that it is theirs to decide."""
    asked = Reinstatement.objects.filter(case=case).select_related("hold__user", "hold__placed_by").first()
    if asked is None:
        return {}
    hold, staff = asked.hold, cast(User, request.user)
    waits = asked.decided_at is None and Hold.objects.in_force(timezone.now()).filter(pk=hold.pk).exists()
    may = staff.has_perm(DECIDE) and holds.may_decide(staff, hold.user)
    return {"hold": hold, "evidence": hold.evidence, "waits": waits, "may_decide": may}


def hold_of(case: Case) -> Hold | None:
    """The hold that the case is about; None if it is decided."""
    asked = Reinstatement.objects.filter(case=case, decided_at=None).select_related("hold__user").first()
    return asked.hold if asked else None


def act(request: HttpRequest, reference: str, title: str, form_class: type[DecisionForm], done: str) -> HttpResponse:
    """The hold may have changed since the page was opened, and a colleague may be faster: then nothing is done, and whoever decides is told."""
    case = case_in_hand(request, reference, Kind.REINSTATEMENT)
    if not request.user.has_perm(DECIDE):
        raise PermissionDenied
    open_record_of(request, case)
    hold = hold_of(case)
    if hold is None:
        return overtaken(request, case)
    form = form_class(sent(request), initial={"was_closed": bool(hold.closed_at)})

    def effect(values: dict[str, Any]) -> str:
        try:
            carry_out(request, hold, form)
        except (holds.NotHeld, holds.Changed) as error:
            raise Decided from error
        except holds.MayNot as error:
            raise forms.ValidationError(
                _("Nobody decides about themselves; and members of staff are for administration to decide.")
            ) from error
        return done

    return decide(request, case, title=title, form=form, effect=effect, what="close_account" if is_closing(form) else "lift", hold=hold)


def is_closing(form: DecisionForm) -> bool:
    return isinstance(form, ClosingForm)


def carry_out(request: HttpRequest, hold: Hold, form: DecisionForm) -> None:
    """Raises MayNot, NotHeld, and Changed if the account was closed, or opened, since the form was shown."""
    values, staff = form.cleaned_data, cast(User, request.user)
    if values["was_closed"] != bool(hold.closed_at):
        raise holds.Changed
    if is_closing(form):
        holds.close(hold, by=staff, reason=values["reason"], text=values["text"], request=request)
    else:
        holds.lift(hold, by=staff, reason=values["reason"], request=request)


@require_http_methods(["GET", "HEAD", "POST"])
@works
def lift(request: HttpRequest, reference: str) -> HttpResponse:
    """Let the customer in again."""
    done = _("The hold is lifted, and the customer is told by mail. The case is closed, and is destroyed now.")
    return act(request, reference, _("Lift the hold"), DecisionForm, done)


@require_http_methods(["GET", "HEAD", "POST"])
@works
def close(request: HttpRequest, reference: str) -> HttpResponse:
    """Refuse it, and close the account for good."""
    done = _("The account is closed, and the customer is told why by mail. The case is closed, and is destroyed now.")
    return act(request, reference, _("Refuse, and close the account"), ClosingForm, done)
