"""Withdrawing a release and showing it again: the verbs of the model, and what the audit log keeps of them."""

from typing import Any

from django.db import transaction
from django.http import HttpRequest

from audit.kinds import Kind
from audit.log import record
from downloads.models import Release


@transaction.atomic
def withdraw(release: Release, reason: str, request: HttpRequest) -> bool:
    """Hide it at once and stop its downloads; customers read the reason. False, and nothing is recorded, if somebody else was faster."""
    withdrawn = release.withdraw(reason)
    if withdrawn:
        note(Kind.RELEASE_WITHDRAWN, release, request, reason=reason)
    return withdrawn


@transaction.atomic
def reinstate(release: Release, reason: str, request: HttpRequest) -> bool:
    """Show it again; the audit log keeps the reason. False, and nothing is recorded, if it is not withdrawn (any more)."""
    shown = release.reinstate()
    if shown:
        note(Kind.RELEASE_REINSTATED, release, request, reason=reason)
    return shown


def note(kind: Kind, release: Release, request: HttpRequest, **detail: Any) -> None:
    """What a member of staff did with a release."""
    record(kind, actor=request.user, request=request, product=release.product.code, version=release.version, **detail)
