"""The forms of staff before a customer's record opens: finding the customer, and saying what for (promise C15)."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from accounts.customer_search import MOST, by_name_and_postal_code, customers, found_by, searches
from accounts.limits import CUSTOMER_SEARCH, demand
from accounts.models import User
from accounts.openings import open_record
from accounts.requests import AccountsRequest
from accounts.roles import in_role
from accounts.row_search import Group, groups_found, searches_for
from audit.kinds import Kind
from audit.log import record

WIDE = {"class": "vTextField", "autocomplete": "off", "spellcheck": "false"}


class FindCustomerForm(forms.Form):
    """What the customer can tell: one of the things that rooms register, or name and postal code together."""

    typed = forms.CharField(required=False, max_length=254, widget=forms.TextInput(attrs=WIDE | {"autofocus": True}))
    name = forms.CharField(label=_("Or the whole name"), required=False, max_length=200, widget=forms.TextInput(attrs=WIDE))
    postal_code = forms.CharField(label=_("with the postal code"), required=False, max_length=30, widget=forms.TextInput(attrs=WIDE))

    def __init__(self, request: AccountsRequest, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.request = request
        self.groups: list[Group] = []
        texts = list(
            dict.fromkeys([*(str(search.text) for search in searches), *(str(search.text) for search in searches_for(request.user))])
        )
        self.fields["typed"].label = format_lazy(
            _("One of these, exactly: {things}"), things=format_lazy(", ".join(["{}"] * len(texts)), *texts)
        )

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        name, postal_code = bool(values.get("name")), bool(values.get("postal_code"))
        if not self.errors and (bool(values.get("typed")) == (name or postal_code) or name != postal_code):
            raise ValidationError(_("Fill in the first field, or name and postal code."))
        return values

    def find(self) -> list[User]:
        """The customers, one more than are shown at most; other rows are in `groups` then. Raises TooManyTries.

        The log keeps who sought and by what, and not what was typed.
        """
        demand(CUSTOMER_SEARCH, str(self.request.user.pk))
        values = self.cleaned_data
        if values["typed"]:
            found, by = found_by(values["typed"])
            self.groups = groups_found(self.request, values["typed"])
            by = sorted({*by, *(group.search.by for group in self.groups)})
        else:
            found, by = customers(by_name_and_postal_code(values["name"], values["postal_code"])), ["name"]
        staff = self.request.user
        only = found[0] if len(found) == 1 else None
        record(Kind.CUSTOMER_SOUGHT, user=only, actor=staff, request=self.request, **in_role(staff), by=by, found=min(len(found), MOST + 1))
        return found


class ReasonForm(forms.Form):
    """What the record is opened for. The customer reads this sentence."""

    reason = forms.CharField(
        label=_("Case number, or what for"),
        min_length=8,
        max_length=200,
        widget=forms.TextInput(attrs=WIDE | {"autofocus": True}),
        help_text=_("The customer sees this sentence among their activity, with the time and your role. 8 to 200 characters."),
    )

    def clean_reason(self) -> str:
        reason = " ".join(str(self.cleaned_data["reason"]).split())
        if len(reason) < 8 or not reason.isprintable():
            raise ValidationError(_("Say it in at least 8 characters that can be read."), code="unreadable")
        return reason

    def open(self, request: AccountsRequest, customer: User) -> bool:
        """Open the record; False if it is open for this very reason already."""
        return open_record(request, customer, self.cleaned_data["reason"])
