"""What staff give as the reason before evidence of a purchase leaves the house."""

from django import forms
from django.utils.translation import gettext_lazy as _


class EvidenceForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        min_length=8,
        max_length=200,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        help_text=_("Such as the number of the dispute. The customer reads it, with the time and your role."),
    )
