"""The beginning of an upload: who it is from, and whether there is room for it."""

import errno
import logging
from typing import Any

from django.db.models import Sum
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from accounts.addresses import address_key, without_tag
from accounts.limits import CASES_ADDRESS, DIAGNOSTICS_NETWORK, TooManyTries, demand_all
from downloads.codes.tries import tried
from infacta.network import client_ip, network_of
from support.diagnostics.limits import OPEN_OF_A_NETWORK, OPEN_OF_ALL, most_pending
from support.diagnostics.problems import Problem
from support.models import Case, DiagnosticsUpload
from support.models.diagnostics_upload import digest_of_token, new_token
from support.vault import files, keyring

log = logging.getLogger(__name__)
NO_ROOM = (errno.ENOSPC, errno.EDQUOT)


def begin(told: dict[str, Any], request: HttpRequest) -> tuple[DiagnosticsUpload, str]:
    """The upload, and the token that opens it. Raises Problem and TooManyTries."""
    network = network_of(client_ip(request))
    demand_all([(DIAGNOSTICS_NETWORK, network), (CASES_ADDRESS, without_tag(address_key(told["contact"]["email"])))])
    demand_disk(told["bundle"]["size"])
    token, upload = new_token(), made(told, customer_of(told, request), network)
    upload.token_digest = digest_of_token(token)
    make_key(upload.key_name)
    try:
        upload.seal_details(told)
        upload.save(force_insert=True)
        demand_room(upload)
    except BaseException:
        keyring.destroy(upload.key_name)
        raise
    return upload, token


def made(told: dict[str, Any], user: Any, network: str) -> DiagnosticsUpload:
    """Not saved yet."""
    return DiagnosticsUpload(
        key_name=Case.new_key_name(),
        user=user,
        network_digest=salted_hmac("support.diagnostics", network, algorithm="sha256").hexdigest(),
        size=told["bundle"]["size"],
        sha256=told["bundle"]["sha256"],
        until=timezone.now() + DiagnosticsUpload.LIFE,
    )


def demand_room(upload: DiagnosticsUpload) -> None:
    """Counted once its own row is there, so that of many at once none is overlooked; it is taken away again if it is too much."""
    pending = DiagnosticsUpload.objects.pending(timezone.now())
    if pending.filter(network_digest=upload.network_digest).count() > OPEN_OF_A_NETWORK:
        upload.delete()
        raise full(429, "too-many-uploads", _("From your network too many uploads are under way"))
    if pending.count() > OPEN_OF_ALL or (pending.aggregate(Sum("size"))["size__sum"] or 0) > most_pending():
        upload.delete()
        raise full(503, "busy", _("Very much is being sent to us at the moment"))


def demand_disk(size: int) -> None:
    """Better said now than after 200 MB."""
    try:
        if files.has_room(size):
            return
    except OSError as error:
        raise disk_fails(error) from error
    raise disk_full()


def make_key(key_name: str) -> None:
    try:
        keyring.create(key_name)
    except OSError as error:
        raise disk_fails(error) from error


def disk_fails(error: OSError) -> Problem:
    """A full disk, or another fault of it, before anything was kept."""
    if error.errno in NO_ROOM:
        return disk_full()
    log.error("The vault cannot be written to: %s.", error.strerror)
    return full(503, "not-kept", _("We cannot keep files at the moment"))


def disk_full() -> Problem:
    return full(507, "no-room", _("There is no room for your file at the moment"))


def full(status: int, kind: str, title: str) -> Problem:
    detail = _("Nothing of it was kept. It is saved on your computer: please send it again in an hour.")
    return Problem(status, kind, title, detail, {"Retry-After": "3600"})


def customer_of(told: dict[str, Any], request: HttpRequest) -> Any:
    """The account of a good unlock code, if the contact is its own address; None otherwise, and the answer is the same."""
    try:
        code = tried(request, told["unlock_code"]) if told.get("unlock_code") else None
    except TooManyTries:
        return None
    if code is None or code.revoked_at:
        return None
    user = code.entitlement.user
    return user if user.email_key == address_key(told["contact"]["email"]) else None
