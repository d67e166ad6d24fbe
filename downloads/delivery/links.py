"""A signed link to a download that was begun, for programs that know no log-in: `curl`, `aria2c`, download managers.

It opens what the page opens, for as long, through the same gate, and counts nothing more. Whoever has it can fetch the file, so logs hide it,
and it answers so many requests and no more (`accounts.limits.LINKED_REQUESTS`).
"""

from uuid import UUID

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.urls import reverse

from downloads.models import DownloadSession

signer = Signer(salt="downloads.links")


class NotALink(Exception):
    """Nothing that this site signed."""


def link_to(session: DownloadSession) -> str:
    """The whole address."""
    return settings.SITE_URL + reverse("public_downloads:linked", args=[signer.sign(session.key.hex)])


def key_in(token: str) -> UUID:
    """The key of the session that the link is to; NotALink if it was not signed here."""
    try:
        return UUID(signer.unsign(token))
    except (BadSignature, ValueError) as error:
        raise NotALink from error
