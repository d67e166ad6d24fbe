"""The two ways to a case: the link from the mail, and the customer resources area. Behind both are the same pages."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, cast

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from accounts.requests import AccountsRequest
from infacta.origin import comes_from_here
from infacta.private_pages import private
from support.cases.access import case_behind
from support.models import Case, Channel
from support.references import reference_in

View = Callable[..., HttpResponseBase]
LONGEST_SHOWN = 20_000


@dataclass(frozen=True)
class Door:
    """By which way somebody came to the case; `key` is what the addresses of its pages hold."""

    case: Case
    key: str
    namespace: str
    base: str
    channel: Channel

    def to(self, page: str) -> str:
        return reverse(f"{self.namespace}:{page}", args=[self.key])

    @property
    def thread(self) -> str:
        return self.to("case")

    @property
    def held(self) -> str:
        return self.to("case_held")

    @property
    def close(self) -> str:
        return self.to("close_case")

    @property
    def reopen(self) -> str:
        return self.to("reopen_case")

    @property
    def destroy(self) -> str:
        return self.to("destroy_case")

    @property
    def file(self) -> str:
        """The name of the address of its files."""
        return f"{self.namespace}:case_file"

    @property
    def copy(self) -> str:
        """The name of the address that mails a copy of one."""
        return f"{self.namespace}:copy_file"

    @property
    def is_link(self) -> bool:
        return self.namespace == "help"


def by_link(view: View) -> View:
    """For whoever has the link from a mail; everybody else sees a page that does not exist. It needs no token: nobody can forge the link.

    Whoever opens it reads the mailbox: that is noted, once.
    """

    @wraps(view)
    def opened(request: HttpRequest, access: str, **values: Any) -> HttpResponseBase:
        case = case_behind(access)
        if case is None:
            return no_case(request)
        if case.address_proved_at is None:
            Case.objects.filter(pk=case.pk, address_proved_at=None).update(address_proved_at=timezone.now())
        return view(request, Door(case, access, "help", "base.html", Channel.FORM), **values)

    return csrf_exempt(private(cast(Callable[..., HttpResponse], opened)))


def in_area(view: View) -> View:
    """For the customer whose case it is; another customer's does not exist."""

    @wraps(view)
    def opened(request: AccountsRequest, reference: str, **values: Any) -> HttpResponseBase:
        case = Case.objects.of(request.user).filter(reference=reference_in(reference) or None).first()
        if case is None:
            raise Http404
        door = Door(case, case.reference.lower(), "support", "resources_base.html", Channel.AREA)
        return view(request, door, **values) if case.may_be_written_in else gone(request, door)

    return opened


def no_case(request: HttpRequest) -> HttpResponseBase:
    """A link to nothing, or to what is destroyed: nobody learns which."""
    return render(request, "support/no_case.html", {"typed": typed(request)}, status=404)


def gone(request: HttpRequest, door: Door) -> HttpResponseBase:
    """The customer's own case, which is destroyed, or being destroyed."""
    status = 410 if request.method == "POST" else 200
    return render(request, "support/gone.html", {"door": door, "case": door.case, "typed": typed(request)}, status=status)


def typed(request: HttpRequest) -> str:
    """What somebody wrote in vain, so that it is not lost; not what another site makes them send."""
    return request.POST.get("text", "")[:LONGEST_SHOWN] if request.method == "POST" and comes_from_here(request) else ""
