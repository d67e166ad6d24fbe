"""The form of staff for replacing an unlock code."""

from django import forms
from django.utils.translation import gettext_lazy as _


class ReissueForm(forms.Form):
    """The reason for which staff replace an unlock code."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=200,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        help_text=_("The customer reads it; without names and addresses please."),
    )
