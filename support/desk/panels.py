"""What a kind of case has on its page beside the thread: facts and buttons of its own. Whoever knows a kind registers its panel here."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from support.models import Case

Context = Callable[[HttpRequest, Case], dict[str, Any]]


@dataclass(frozen=True)
class Panel:
    """`context` gives what `template` shows; it sees `case` and the request besides."""

    kind: str
    template: str
    context: Context


panels: list[Panel] = []


def panel(kind: str, template: str) -> Callable[[Context], Context]:
    """Register the function as the panel of all cases of this kind. Its buttons post to addresses of its own, which look again who asks."""

    def register(context: Context) -> Context:
        panels.append(Panel(str(kind), template, context))
        return context

    return register


def shown_for(request: HttpRequest, case: Case) -> list[SafeString]:
    """The panels of this case, for whoever works on it."""
    return [
        render_to_string(one.template, {**one.context(request, case), "case": case}, request) for one in panels if one.kind == case.kind
    ]
