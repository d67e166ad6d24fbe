"""What staff see and decide of a correction (promise C18)."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from audit.models import AuditEvent
from support.corrections import deciding
from support.corrections.asking import treat_as_correction
from support.corrections.targets import NoTarget, target_of
from support.desk.panels import panel
from support.forms.corrections import ApplyForm, MadeForm, NothingToSay, RefuseCorrectionForm
from support.models import Case, CorrectionOutcome, CorrectionRequest, Kind
from support.views.desk.deciding import case_in_hand, decide, open_record_of, sent
from support.views.desk.queue import works


@panel(Kind.QUESTION, "admin/support/panels/question.html")
def panel_of_question(request: HttpRequest, case: Case) -> dict[str, Any]:
    """A question may turn out to be a correction."""
    return {}


@panel(Kind.CORRECTION, "admin/support/panels/correction.html")
def panel_of(request: HttpRequest, case: Case) -> dict[str, Any]:
    """What is to be corrected, and the buttons while it waits."""
    asked = CorrectionRequest.objects.filter(case=case).first()
    if asked:
        asked.case = case
    return {"asked": asked, "waits": bool(asked and asked.outcome == CorrectionOutcome.WAITING)}


@require_http_methods(["GET", "HEAD", "POST"])
@works
def turn(request: HttpRequest, reference: str) -> HttpResponse:
    """Treat a question as a correction."""
    case = case_in_hand(request, reference, Kind.QUESTION)

    def effect(values: dict[str, Any]) -> str:
        treat_as_correction(case, by=request.user)
        return _("This case is a correction now.")

    form = NothingToSay(sent(request))
    return decide(request, case, title=_("Treat as a correction"), form=form, effect=effect, what="turn")


@require_http_methods(["GET", "HEAD", "POST"])
@works
def apply(request: HttpRequest, reference: str) -> HttpResponse:
    """Which field, and what should stand there; then before and after; then it is done."""
    case = case_in_hand(request, reference, Kind.CORRECTION)
    open_record_of(request, case)
    form = ApplyForm(case, sent(request))
    change = None
    if request.method == "POST" and form.is_valid():
        change = change_of(case, form)
        if change and not form.cleaned_data["sure"]:
            return decide(
                request, case, title=_("Correct it"), form=asked_again(case, form, change), effect=str, template="apply", **change
            )

    def effect(values: dict[str, Any]) -> str:
        try:
            deciding.apply(
                case,
                values["target"],
                values["before"],
                values["value"],
                values["text"],
                is_all=values["is_all"],
                by=request.user,
                request=request,
            )
        except (deciding.Changed, NoTarget) as error:
            raise forms.ValidationError(_("Something else stands there by now. Nothing was changed: please look again.")) from error
        return _("It is corrected, and the customer is told by mail.")

    return decide(request, case, title=_("Correct it"), form=form, effect=effect, template="apply")


def change_of(case: Case, form: ApplyForm) -> dict[str, Any] | None:
    """What stands there and what would, for the page that asks again; None, with an error in the form, if it cannot."""
    try:
        target = target_of(case.user, form.cleaned_data["target"])
        after = target.cleaned(form.cleaned_data["value"])
    except NoTarget:
        form.add_error("target", _("There is no such thing."))
    except forms.ValidationError as error:
        form.add_error("value", error)
    else:
        return {"label": target.label, "row": target.row._meta.verbose_name, "before": target.value, "after": after}
    return None


def asked_again(case: Case, form: ApplyForm, change: dict[str, Any]) -> ApplyForm:
    """The same values, hidden, with what stands there now: the next time they are sent it is done."""
    values = {**form.cleaned_data, "before": change["before"], "sure": True}
    again = ApplyForm(case, initial=values)
    for name in ("target", "value", "text"):
        again.fields[name].widget = forms.HiddenInput()
    return again


@require_http_methods(["GET", "HEAD", "POST"])
@works
def by_hand(request: HttpRequest, reference: str) -> HttpResponse:
    """It was corrected elsewhere; or an entry of the audit log is noted as wrong."""
    case = case_in_hand(request, reference, Kind.CORRECTION)

    def effect(values: dict[str, Any]) -> str:
        try:
            deciding.made_by_hand(case, values["text"], values["event"], by=request.user, request=request)
        except AuditEvent.DoesNotExist as error:
            raise forms.ValidationError(_("The audit log has no such entry about this customer.")) from error
        return _("It is noted, and the customer is told by mail.")

    form = MadeForm(sent(request))
    return decide(request, case, title=_("Corrected by hand"), form=form, effect=effect, what="by_hand")


@require_http_methods(["GET", "HEAD", "POST"])
@works
def refuse(request: HttpRequest, reference: str) -> HttpResponse:
    case = case_in_hand(request, reference, Kind.CORRECTION)

    def effect(values: dict[str, Any]) -> str:
        deciding.refuse(case, values["text"], by=request.user, request=request)
        return _("It is refused, and the customer is told why.")

    form = RefuseCorrectionForm(sent(request))
    return decide(request, case, title=_("Refuse the correction"), form=form, effect=effect, what="refuse_correction")
