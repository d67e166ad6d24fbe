"""Joining the announcement group: one small form, the same wherever it stands (promise G3)."""

import re
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.addresses import validate_mailable
from accounts.limits import JOINING_NETWORK, demand
from announcements.group.joining import Asking, ask
from announcements.group.wording import language_now, version_in
from infacta.network import client_ip, network_of
from privacy.areas import GENERAL
from privacy.wording import version_of

FOOT, JOIN, PREFERENCES = "foot", "/announcements/join/", "/announcements/preferences/"
SOURCE = re.compile(rf"{FOOT}|/|{JOIN}|{PREFERENCES}|/(?:products|promotions)/[-\w]{{1,50}}/", re.ASCII)
"""Where the form may stand: no address that a token is part of, and nothing that a visitor makes up, gets into the proof."""


class JoinForm(forms.Form):
    """An address, and nothing else. `source` is where the form stands: a path of SOURCE, or FOOT for the foot of any other general page."""

    email = forms.EmailField(
        label=_("E-mail address"),
        max_length=254,
        validators=[validate_mailable],
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    source = forms.CharField(required=False, widget=forms.HiddenInput)
    wording = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: Any = None, source: str = JOIN, **options: Any) -> None:
        super().__init__(data, **options)
        sent = str(self.data.get("source", ""))
        self.shown_source = sent if SOURCE.fullmatch(sent) else source

    @property
    def shown_wording(self) -> str:
        return version_in(language_now())

    def clean(self) -> dict[str, Any]:
        """Whoever joins has seen the words of today: a page that was opened before they changed, or a form of somebody else's, has not shown them."""
        if self.cleaned_data.get("wording") != self.shown_wording:
            raise forms.ValidationError(_("Please read what you join for, and press the button once more."), code="wording")
        return self.cleaned_data

    def join(self, request: HttpRequest) -> None:
        """Mail how to confirm it. TooManyTries if that is asked for too often from this network."""
        ip = client_ip(request)
        demand(JOINING_NETWORK, network_of(ip))
        asking = Asking(self.shown_source, self.shown_wording, language_now(), ip, version_of(GENERAL))
        ask(self.cleaned_data["email"], asking, request)
