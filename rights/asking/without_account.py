"""A request without a log-in: asked for on the public page, or opened by staff. Nothing is looked up here, so nothing tells whether an address is on file."""

from typing import Any

from django.db import IntegrityError, transaction

from accounts.addresses import address_key
from accounts.limits import SUBJECT_REQUEST_ADDRESS
from accounts.models import Throttle
from rights.models import SubjectRequest
from rights.models.subject_request import State
from rights.tasks import look_at_request


def ask(address: str, kind: str, language: str, **more: Any) -> SubjectRequest | None:
    """Keep what was asked, for a worker to look at it. Asked once more while nobody has proved the mailbox, the mail goes once more.

    None if the address was asked for too often, or its request is being dealt with: whoever asks reads the same, whatever happens here.
    """
    address = without_look_alikes(address)
    if not Throttle.objects.admit(SUBJECT_REQUEST_ADDRESS, address_key(address)):
        return None
    try:
        with transaction.atomic():
            asked = SubjectRequest.objects.create(kind=kind, state=State.UNPROVED, email=address, language=language, **more)
    except IntegrityError:
        again = SubjectRequest.objects.filter(kind=kind, state=State.UNPROVED, email__iexact=address, user=None).first()
        if again is None:
            return None
        SubjectRequest.objects.filter(pk=again.pk, state=State.UNPROVED).update(proof_digest="")
        asked = again
    look_at_request.wake(asked.pk)
    return asked


def without_look_alikes(address: str) -> str:
    """With a letter before the @ that only compares like one of ASCII, such as the Kelvin sign like k, the mail goes to the mailbox that it is compared with:
    who reads the other one proves nothing about this.
    """
    return address if address.rpartition("@")[0].isascii() else address_key(address)
