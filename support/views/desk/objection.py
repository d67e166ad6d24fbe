"""What staff see and decide of an objection (GDPR article 21)."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from privacy import purposes
from support.desk.panels import panel
from support.forms.objection import RefuseObjectionForm, UpholdForm
from support.models import Case, Kind, Objection, ObjectionOutcome
from support.objection.deciding import decide as conclude
from support.views.desk.deciding import case_in_hand, decide, sent
from support.views.desk.queue import works


@panel(Kind.OBJECTION, "admin/support/panels/objection.html")
def panel_of(request: HttpRequest, case: Case) -> dict[str, Any]:
    """To what, and the buttons while it waits."""
    asked = Objection.objects.filter(case=case).first()
    texts = {purpose.slug: purpose.text for purpose in purposes.RESTING_ON_INTEREST}
    return {
        "asked": asked,
        "purpose": texts.get(asked.purpose, asked.purpose) if asked else "",
        "waits": bool(asked and asked.outcome == ObjectionOutcome.WAITING),
    }


def act(
    request: HttpRequest, reference: str, title: str, form: forms.Form, outcome: ObjectionOutcome, done: str, what: str
) -> HttpResponse:
    case = case_in_hand(request, reference, Kind.OBJECTION)

    def effect(values: dict[str, Any]) -> str:
        conclude(case, outcome, values["text"], by=request.user, request=request)
        return done

    return decide(request, case, title=title, form=form, effect=effect, what=what)


@require_http_methods(["GET", "HEAD", "POST"])
@works
def uphold(request: HttpRequest, reference: str) -> HttpResponse:
    """We do it no more for this person."""
    done = _("The objection is upheld, and the customer is told by mail.")
    return act(request, reference, _("Uphold the objection"), UpholdForm(sent(request)), ObjectionOutcome.UPHELD, done, "uphold")


@require_http_methods(["GET", "HEAD", "POST"])
@works
def refuse(request: HttpRequest, reference: str) -> HttpResponse:
    """Our grounds outweigh theirs."""
    done = _("The objection is refused, and the customer is told why.")
    form = RefuseObjectionForm(sent(request))
    return act(request, reference, _("Refuse the objection"), form, ObjectionOutcome.REFUSED, done, "refuse_objection")
