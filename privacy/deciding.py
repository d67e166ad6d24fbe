"""Pages of the staff area that ask before they act: what will happen, a reason where one is needed, and a button."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from privacy.staff import StaffAdmin


class NoReason(forms.Form):
    """What is decided without words."""


class DecidingAdmin(StaffAdmin):
    """The pages of rows that staff decide on."""

    deciding_template = ""

    def may_decide(self, request: HttpRequest, row: Any) -> bool:
        return self.has_change_permission(request, row)

    def after_decision(self, row: Any) -> HttpResponse:
        """Where one is led when it is done, or was done already."""
        return redirect(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", row.pk)

    def decide(
        self,
        request: HttpRequest,
        row: Any,
        *,
        title: str,
        form: forms.Form,
        effect: Callable[[dict[str, Any]], bool],
        done: str,
        possible: bool = True,
        **context: Any,
    ) -> HttpResponse:
        """Ask, and then do it; whoever was overtaken by a colleague is told so, and nothing happens."""
        if not self.may_decide(request, row):
            raise PermissionDenied
        if possible and not form.is_valid():
            context |= {**self.admin_site.each_context(request), "opts": self.opts, "original": row, "form": form, "title": title}
            return render(request, self.deciding_template, context)
        if possible and effect(form.cleaned_data):
            self.message_user(request, done, messages.SUCCESS)
        else:
            text = _("There is nothing to do here (any more), and you have changed nothing: see its state below.")
            self.message_user(request, text, messages.ERROR)
        return self.after_decision(row)
