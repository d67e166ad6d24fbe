"""Long texts in forms: with a limit that is told, and never one that cuts off what somebody pastes."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import ngettext


class LongTextField(forms.CharField):
    """Several lines of text, at most `longest` characters; a line break counts as one.

    The browser is not told of the limit: it would silently cut off the end of a text that is pasted. What is too long comes back whole.
    """

    def __init__(self, *, longest: int, **options: Any) -> None:
        super().__init__(**{"widget": forms.Textarea(attrs={"rows": 8})} | options)
        self.longest = longest

    def to_python(self, value: Any) -> str:
        return (super().to_python(value) or "").replace("\r\n", "\n").replace("\r", "\n")

    def validate(self, value: str) -> None:
        super().validate(value)
        if len(value) > self.longest:
            raise ValidationError(
                ngettext(
                    "This text has %(length)d characters; %(longest)d is the most that we can take. Nothing is lost: please shorten it.",
                    "This text has %(length)d characters; %(longest)d are the most that we can take. Nothing is lost: please shorten it.",
                    self.longest,
                )
                % {"length": len(value), "longest": self.longest}
            )
