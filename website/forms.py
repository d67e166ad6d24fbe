"""The forms of the general site."""

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _


class LanguageForm(forms.Form):
    """Which language to be spoken to in; empty as the browser asks."""

    language = forms.ChoiceField(label=_("language"), required=False, choices=[("", _("As your browser asks")), *settings.LANGUAGES])
