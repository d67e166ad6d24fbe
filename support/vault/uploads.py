"""Files that people send with a form: sealed while they are received, counted and measured while they are received, gone with the request.

Each is sealed under a random key that is in memory alone, in a temporary file without a name: a process that is killed leaves nothing that
anybody could find, or read. What is too much is not kept, and the form learns why (`refusal_of`): its words come back, and never an error page.
"""

from collections.abc import Iterator
from contextlib import suppress
from tempfile import TemporaryFile
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, StopFutureHandlers, StopUpload
from django.http import HttpRequest
from django.utils.translation import gettext as _

from support.vault.files import LENGTH, NONCE

MOST_FILES = 10
LARGEST = 10 * 1024 * 1024
TOGETHER = 50 * 1024 * 1024
MOST_READ = 2 * TOGETHER
"""A body that says it is longer is not read to its end only to be answered that it is too long."""
MOST_PARTS = 5 * MOST_FILES
"""So many files are read, and dropped, so that what stands behind them in the form is not lost."""
STRANGERS = ("/support/new/", "/support/cases/")
CUSTOMERS = ("/resources/support/",)


class SealedFile:
    """What was received, in records of a length and as many sealed bytes. A key serves one file and its nonces count, so none comes twice."""

    def __init__(self) -> None:
        self.file, self.cipher, self.records, self.size = self.temporary(), AESGCM(AESGCM.generate_key(256)), 0, 0

    @staticmethod
    def temporary() -> Any:
        return TemporaryFile(dir=settings.FILE_UPLOAD_TEMP_DIR)

    def write(self, piece: bytes) -> None:
        """OSError, such as for a full disk."""
        record = self.cipher.encrypt(self.records.to_bytes(NONCE, "big"), piece, None)
        self.file.write(LENGTH.pack(len(record)) + record)
        self.records, self.size = self.records + 1, self.size + len(piece)

    def pieces(self) -> Iterator[bytes]:
        """Its bytes again, from the beginning."""
        self.file.seek(0)
        for number in range(self.records):
            (length,) = LENGTH.unpack(self.file.read(LENGTH.size))
            yield self.cipher.decrypt(number.to_bytes(NONCE, "big"), self.file.read(length), None)

    def close(self) -> None:
        """It is gone; a disk that takes no more of it is no matter then."""
        with suppress(OSError):
            self.file.close()


class SealedUpload(UploadedFile):
    """What the form gets. The request closes it at its end, and so it is gone then."""

    def __init__(self, sealed: SealedFile | None, name: str) -> None:
        super().__init__(None, name, "application/octet-stream", sealed.size if sealed else 0)
        self.sealed = sealed

    def chunks(self, chunk_size: int | None = None) -> Iterator[bytes]:
        return self.sealed.pieces() if self.sealed else iter(())

    def close(self) -> None:
        if self.sealed:
            self.sealed.close()


class CaseUploadHandler(FileUploadHandler):
    """For the forms of cases, whoever sends them; for customers' own only if somebody is logged in. All other uploads pass it by.

    It depends on no order: what first reads the form, be it the check of its token or the view, brings it about, and the outcome is the request's.
    """

    def __init__(self, request: HttpRequest | None = None) -> None:
        super().__init__(request)
        self.is_mine, self.length, self.count, self.together = False, 0, 0, 0
        self.sealed: SealedFile | None = None
        self.received: list[SealedFile] = []

    def drop(self) -> None:
        for sealed in self.received:
            sealed.close()

    def handle_raw_input(self, input_data: Any, META: Any, content_length: int, boundary: Any, encoding: Any = None) -> None:  # noqa: N803
        self.is_mine, self.length = receives(self.request), content_length

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        if not self.is_mine:
            return
        super().new_file(*args, **kwargs)
        self.sealed, self.count = None, self.count + 1
        if self.length > MOST_READ:
            self.refuse(too_much())
            raise StopUpload(connection_reset=True)
        if self.count > MOST_FILES:
            self.refuse(too_many())
        if self.count > MOST_PARTS:
            raise StopUpload(connection_reset=False)
        self.begin()
        raise StopFutureHandlers

    def begin(self) -> None:
        if refusal_of(self.request):
            return
        try:
            self.sealed = SealedFile()
        except OSError:
            self.refuse(no_room())
        else:
            self.received.append(self.sealed)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        if not self.is_mine:
            return raw_data
        self.together += len(raw_data)
        if start + len(raw_data) > LARGEST:
            self.refuse(too_large(str(self.file_name)))
        elif self.together > TOGETHER:
            self.refuse(too_much())
        elif self.sealed:
            self.keep(self.sealed, raw_data)
        return None

    def keep(self, sealed: SealedFile, piece: bytes) -> None:
        try:
            sealed.write(piece)
        except OSError:
            self.refuse(no_room())

    def file_complete(self, file_size: int) -> UploadedFile | None:
        """What was received; of what is refused an empty one, for the handler after this one knows nothing of this file."""
        if not self.is_mine:
            return None
        try:
            if self.sealed:
                self.sealed.file.flush()
        except OSError:
            self.refuse(no_room())
        return SealedUpload(self.sealed, str(self.file_name))

    def upload_interrupted(self) -> None:
        if self.is_mine:
            self.refuse(_("A file broke off on its way. Please choose your files again."))

    def refuse(self, why: str) -> None:
        """The first reason counts, and what came until now is gone at once."""
        if not refusal_of(self.request):
            self.request.upload_refusal = why  # type: ignore[union-attr]
        self.drop()
        self.sealed = None


def receives(request: Any) -> bool:
    """Whether files that come with this request are for a case."""
    return request.path.startswith(STRANGERS) or (request.path.startswith(CUSTOMERS) and request.user.is_authenticated)


def refusal_of(request: Any) -> str:
    """Why the files that came with this form were not taken, and what to do; "" if they were, once the form has been read."""
    return str(getattr(request, "upload_refusal", ""))


def too_many() -> str:
    return _("These are more than %(most)d files. Put them into one ZIP file, please.") % {"most": MOST_FILES}


def too_large(name: str) -> str:
    return _("The file %(name)s is larger than %(size)d MB.") % {"name": name[-200:], "size": LARGEST // 1024 // 1024}


def too_much() -> str:
    return _("Together these files are larger than %(size)d MB. Please send fewer of them.") % {"size": TOGETHER // 1024 // 1024}


def no_room() -> str:
    return _("We cannot keep files at the moment. Please send your message without them, or try again later.")
