"""Editing an account without writing over what somebody else changed meanwhile: another window, staff, a partner's notification.

A form carries a mark of each value that it was shown with. On saving, the account is locked and the marks are compared: what
changed meanwhile is said, nothing is saved, and the person decides.
"""

from copy import copy
from typing import Any

from django import forms
from django.db import transaction
from django.http import HttpRequest
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from accounts.models import User


class EditForm(forms.ModelForm):
    """A form about one account. Subclasses say which fields, and what it means to `apply` the changed ones."""

    def __init__(self, user: User, data: Any = None) -> None:
        super().__init__(data, instance=copy(user))  # a copy: what is typed must not stand in request.user
        self.user = user
        self.seen = self.data.get("seen", "") if self.is_bound else self.marks_of(user)

    def value_of(self, user: User, name: str) -> Any:
        """What the account says in this field."""
        return getattr(user, name)

    def apply(self, request: HttpRequest, user: User, changed: list[str]) -> None:
        """Save the changed fields of the locked account, and note it in the audit log."""
        raise NotImplementedError

    @transaction.atomic
    def save_unless_changed(self, request: HttpRequest) -> bool:
        """Save a valid form; False if somebody else changed something meanwhile: then the form says what, and can be sent again."""
        User.objects.touch(self.user.pk)
        current = User.objects.get(pk=self.user.pk)
        typed = [name for name in self.fields if self.cleaned_data[name] != self.value_of(current, name)]
        if changed := [name for name in typed if self.mark_of(current, name) not in self.seen.split(".")]:
            self.say_what_changed(current, changed)
            return False
        if typed:
            self.apply(request, current, typed)
        return True

    def say_what_changed(self, current: User, changed: list[str]) -> None:
        """Show the form again: with the person's own words where they changed something, and else with what stands there now."""
        shown: Any = dict(self.data.items())
        typed, seen = self.cleaned_data, self.seen.split(".")
        for name in changed:
            if self.mark(name, typed[name]) in seen:
                shown[name] = self.value_of(current, name)
                self.add_error(name, _("This was changed meanwhile. Here stands what it says now."))
            else:
                said = _("This was changed meanwhile, and says now: %(value)s. Here stands what you chose.")
                self.add_error(name, said % {"value": self.in_words(name, self.value_of(current, name))})
        self.add_error(
            None, _("Nothing is saved yet: some of this was changed while you were editing. Look at what is marked, and save again.")
        )
        self.data, self.seen = shown, self.marks_of(current)

    def in_words(self, name: str, value: Any) -> str:
        """A value as a person reads it."""
        if isinstance(value, bool):
            return _("yes") if value else _("no")
        return f"“{value}”" if value else _("nothing")

    def marks_of(self, user: User) -> str:
        return ".".join(self.mark_of(user, name) for name in self.fields)

    def mark_of(self, user: User, name: str) -> str:
        return self.mark(name, self.value_of(user, name))

    def mark(self, name: str, value: Any) -> str:
        """A keyed digest, so that the page says nothing that is not on it anyway, and short: it guards against chance, not against its own reader."""
        return salted_hmac(f"edit.{self.user.pk}.{name}", repr(value), algorithm="sha256").hexdigest()[:16]
