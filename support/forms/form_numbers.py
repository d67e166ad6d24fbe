"""What makes a form count once, however often it is sent: a random number in it, and a digest of that number and of what was typed."""

import hashlib
import secrets
from typing import Any

from django import forms

LONGEST = 64


def new_form_number() -> str:
    return secrets.token_urlsafe(16)


class FormNumberField(forms.CharField):
    """Hidden, and random on every page; who sends a form without it gets one now, so that it stands alone."""

    widget = forms.HiddenInput

    def __init__(self) -> None:
        super().__init__(required=False, max_length=LONGEST, initial=new_form_number)

    def clean(self, value: Any) -> str:
        return super().clean(value) or new_form_number()


def submission_of(*told: str) -> str:
    """A digest of the form's number and of what was typed: the number hides who it was, and keeps apart two people who write the same."""
    return hashlib.sha256("\n".join(told).encode("utf-8", "surrogatepass")).hexdigest()
