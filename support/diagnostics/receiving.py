"""Receiving a bundle, piece by piece. What came is on the disk, sealed, and noted before anything is answered; nothing is ever written twice."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext as _

from downloads.models import Product
from support.cases.attaching import Adopted
from support.cases.copies import send_copy
from support.cases.opening import Request, open_case
from support.cases.priority import products_with_priority
from support.diagnostics.beginning import NO_ROOM, disk_full
from support.diagnostics.problems import Problem
from support.models import Case, CaseDetails, Channel, DiagnosticsUpload, FileKind, Kind
from support.vault import files, keyring
from support.vault.alone import Busy, alone
from support.vault.files import PIECE
from support.vault.keyring import KeyGone

SECTION = 32 * 1024 * 1024
"""After so many bytes what came is made sure and noted."""
Read = Callable[[int], bytes]


class Body:
    """The bytes of a request, read once. Where it breaks off it simply ends: what came before is kept."""

    def __init__(self, read: Read) -> None:
        self.read, self.taken, self.broke_off = read, 0, False

    def piece(self) -> bytes:
        """At most PIECE bytes; b"" at the end."""
        try:
            piece = self.read(PIECE)
        except Exception:  # each server has its own for a client that went away
            self.broke_off, piece = True, b""
        self.taken += len(piece)
        return piece

    def section(self, first: bytes, room: int) -> Iterator[bytes]:
        """Pieces up to the end of a section. Raises Problem where more comes than was told."""
        given, piece = 0, first
        while piece:
            given += len(piece)
            if given > room:
                raise too_long()
            yield piece
            piece = self.piece() if given < SECTION else b""


def receive(
    upload: DiagnosticsUpload, offset: int, read: Read, announced: int | None = None, request: HttpRequest | None = None
) -> DiagnosticsUpload:
    """Write on with what `read` gives, which is `announced` bytes if that is known; when all is there, the case is opened.

    Raises Problem; what came before it is kept, unless it says otherwise.
    """
    try:
        with alone(upload.key_name):
            upload.refresh_from_db()
            if upload.case_id is None:
                demand_offset(upload, offset)
                if offset + (announced or 0) > upload.size:
                    raise too_long()
                write_on(upload, Body(read))
                if upload.is_whole:
                    finish(upload, request)
            return upload
    except Busy as error:
        raise Problem(
            423, "locked", _("This upload is being written to"), _("Wait a moment, ask for its offset, and go on from there.")
        ) from error
    except (KeyGone, DiagnosticsUpload.DoesNotExist) as error:
        raise gone() from error


def write_on(upload: DiagnosticsUpload, body: Body) -> None:
    while first := body.piece():
        try:
            section = body.section(first, upload.size - upload.received)
            written = files.append(upload.key_name, upload.stored_as, section, upload.received, upload.stored, digest=False)
        except OSError as error:
            raise not_kept(upload, error) from error
        if not DiagnosticsUpload.objects.move(upload, written.size, written.stored):
            raise gone()


def not_kept(upload: DiagnosticsUpload, error: OSError) -> Problem:
    """On a full disk nothing half kept is left behind, and that makes room; after any other fault it can be gone on with."""
    if error.errno in NO_ROOM:
        destroy(upload)
        return disk_full()
    detail = _("What came before is kept: please go on in some minutes.")
    return Problem(503, "not-kept", _("We cannot keep files at the moment"), detail, {"Retry-After": "300"})


def finish(upload: DiagnosticsUpload, request: HttpRequest | None = None) -> Case:
    """Open the case of an upload that is whole, once; whoever calls holds it `alone`. Raises Problem if it is not what was announced."""
    if digest_of(upload) != upload.sha256:
        destroy(upload)
        raise Problem(
            422,
            "not-what-was-announced",
            _("What came is not what was announced"),
            _("Its SHA-256 is another one, so it was changed on the way, and nothing of it was kept. Please send it again."),
        )
    told = upload.told
    with transaction.atomic():
        case = open_case(asked(upload, told), request)
        DiagnosticsUpload.objects.filter(pk=upload.pk).update(case=case, sealed_details="", sha256="", user=None)
        if told.get("send_copy"):
            send_copy(case.files.get(stored_as=upload.stored_as))
    upload.case = case
    return case


def asked(upload: DiagnosticsUpload, told: dict[str, Any]) -> Request:
    contact, wizard, product = told["contact"], told["wizard"], told["product"]
    known = Product.objects.filter(code=product).first()
    name = told["bundle"].get("name") or f"{product}-diagnostics.zip"
    return Request(
        channel=Channel.PRODUCT,
        kind=Kind.DIAGNOSTICS,
        details=CaseDetails(
            subject=_("Diagnostics of %(product)s %(version)s") % {"product": product, "version": told.get("version", "")},
            name=contact.get("name", ""),
            email=contact["email"],
            language=told.get("language", ""),
            version=told.get("version", ""),
            circumstances={"wizard": f"{wizard['name']} {wizard['version']}"},
        ),
        text=told.get("text", ""),
        user=upload.user,
        product=known,
        is_priority=upload.user is not None and known in products_with_priority(upload.user),
        submission=hashlib.sha256(f"diagnostics:{upload.key_name}".encode()).hexdigest(),
        adopted=Adopted(upload.key_name, upload.stored_as, name, upload.size, upload.sha256, FileKind.DIAGNOSTICS),
    )


def digest_of(upload: DiagnosticsUpload) -> str:
    """Of what lies on the disk, and not of what went by: what is kept is what was sent. "" if it is damaged."""
    digest = hashlib.sha256()
    try:
        for piece in files.content(upload.key_name, upload.stored_as):
            digest.update(piece)
    except (files.Damaged, FileNotFoundError):
        return ""
    return digest.hexdigest()


def destroy(upload: DiagnosticsUpload) -> None:
    """Key, bytes and row, in this order: whoever is stopped in between is followed by the next sweep. A row with a case is not touched."""
    if not DiagnosticsUpload.objects.filter(pk=upload.pk, case=None).exists():
        return
    keyring.destroy(upload.key_name)
    files.destroy(upload.key_name, upload.stored_as)
    with suppress(OSError):
        files.folder_of(upload.key_name).rmdir()
    DiagnosticsUpload.objects.filter(pk=upload.pk, case=None).delete()


def demand_offset(upload: DiagnosticsUpload, offset: int) -> None:
    if offset != upload.received:
        raise Problem(
            409,
            "wrong-offset",
            _("This is not where it goes on"),
            _("Go on from the offset that stands here."),
            {"Upload-Offset": str(upload.received)},
            offset=upload.received,
        )


def too_long() -> Problem:
    detail = _("More bytes came than were announced. Begin a new upload, with the right size.")
    return Problem(413, "longer-than-announced", _("The file is longer than was announced"), detail)


def gone() -> Problem:
    detail = _("There is no such upload, or no longer: what is not whole after a day is destroyed. Please begin again.")
    return Problem(404, "no-such-upload", _("There is no such upload"), detail)
