"""Asking without an account: an e-mail address, and what is asked for."""

from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from accounts.addresses import validate_mailable
from accounts.limits import SUBJECT_REQUEST_NETWORK, demand
from infacta.network import client_ip, network_of
from rights.asking.without_account import ask
from rights.models import Kind
from rights.requests.ways import ways

WORDS = {Kind.REPORT: _("a report of all that you hold about me"), Kind.ERASURE: _("that you erase what you hold about me")}


class AskForm(forms.Form):
    email = forms.EmailField(
        label=_("E-mail address"),
        max_length=254,
        validators=[validate_mailable],
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        help_text=_("The one that you gave us, or that we write to. A link goes there, to show that it is yours."),
    )
    kind = forms.ChoiceField(label=_("I ask for"), widget=forms.RadioSelect)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        offered: Any = self.fields["kind"]
        offered.choices = [(kind, WORDS[kind]) for kind in Kind if kind in ways]

    def ask(self, request: HttpRequest) -> None:
        """TooManyTries if that is asked for too often from this network."""
        demand(SUBJECT_REQUEST_NETWORK, network_of(client_ip(request)))
        ask(self.cleaned_data["email"], self.cleaned_data["kind"], get_language() or "")
