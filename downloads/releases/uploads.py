"""Receiving uploads: from staff alone, streamed to disk, and digested on the way."""

import contextlib
import hashlib
import os
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import SkipFile, TemporaryFileUploadHandler

from privacy.areas import STAFF, area_of


class StaffUploadHandler(TemporaryFileUploadHandler):
    """Behind that of support cases the last upload handler of the site. Files from anybody else, or to any other area, are read and dropped.

    The uploaded file carries its `sha256`: a release of 2 GB is read once, and not again after it has arrived.
    """

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        request: Any = self.request
        user = request.user
        if area_of(request.path) is not STAFF or not (user.is_authenticated and user.is_staff and user.is_verified()):
            raise SkipFile
        super().new_file(*args, **kwargs)
        self.digest = hashlib.sha256()

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        self.digest.update(raw_data)
        try:
            return super().receive_data_chunk(raw_data, start)
        except OSError:  # a full disk, most often: what came so far must not keep the room that is left
            with contextlib.suppress(OSError):
                self.file.close()
            raise

    def file_complete(self, file_size: int) -> UploadedFile | None:
        file: Any = super().file_complete(file_size)
        file.flush()
        os.fsync(file.fileno())  # the row that will name the file is on the disk as soon as it is committed, and so must the file be
        file.sha256 = self.digest.hexdigest()
        return file
