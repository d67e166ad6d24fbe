"""Release files in an S3-compatible object store: reading in pieces, addresses that lapse, and the errors that files on a disk would raise."""

import errno
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from boto3.exceptions import Boto3Error
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from django.core.exceptions import SuspiciousOperation
from django.core.files import File
from django.utils.crypto import get_random_string
from storages.backends.s3 import S3Storage

from infacta.attachment import BINARY

PRESIGNED_FOR = timedelta(minutes=5)  # for the store's answer to begin; what has begun goes on

# A page waits for the store while it asks whether a file is there. Checksums of a newer kind than MD5 are asked for by Amazon's own store
# alone, and others refuse them.
CLIENT = {
    "signature_version": "s3v4",
    "connect_timeout": 3,
    "read_timeout": 30,
    "retries": {"mode": "standard", "total_max_attempts": 2},
    "request_checksum_calculation": "when_required",
    "response_checksum_validation": "when_required",
}


@contextmanager
def as_a_disk(name: str) -> Iterator[None]:
    """What the store refuses, or does not answer, is the OSError that a file on a disk would raise."""
    try:
        yield
    except ClientError as error:
        facts: Mapping[str, Any] = error.response
        if facts["Error"]["Code"] in ("404", "NoSuchKey"):
            raise FileNotFoundError(errno.ENOENT, "there is no such object in the store", name) from error
        raise OSError(errno.EIO, str(error), name) from error
    except (BotoCoreError, Boto3Error, HTTPClientError) as error:
        raise OSError(errno.EIO, str(error), name) from error


class StoredObject(File):
    """An object while it is read: no more of it is in memory than was asked for."""

    def read(self, num: int = -1) -> bytes:
        stream: Any = self.file
        with as_a_disk(self.name or ""):
            content: bytes = stream.read(None if num < 0 else num)
        return content


class ObjectStore(S3Storage):
    """The storage of releases with DOWNLOADS_DELIVERY=s3. An object is written once, under a name that no other has."""

    def __init__(self, **options: Any) -> None:
        # A store of one's own seldom has a host name for each bucket.
        style = {"addressing_style": "path" if options.get("endpoint_url") else "virtual"}
        super().__init__(client_config=Config(s3=style, **CLIENT), **options)

    def get_default_settings(self) -> dict[str, Any]:
        """Nothing is guessed from a name: a .tar.gz that was declared as packed would be unpacked by browsers. `url` alone opens nothing."""
        parts = TransferConfig(max_concurrency=4)  # parts of 8 MB, of which ten at most are in memory
        own = {"object_parameters": {"ContentType": BINARY}, "transfer_config": parts, "querystring_auth": False}
        return super().get_default_settings() | own

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        """Two uploads at once may have one name, and a store cannot refuse the second as a disk does: each gets a folder of its own."""
        folder, _slash, last = name.rpartition("/")
        prefix = f"{folder}/{get_random_string(12)}/".lstrip("/")
        return prefix + last[-(max_length or 255) + len(prefix) :]

    def exists(self, name: str) -> bool:
        """Whether the object is there; a store that does not answer has none, and no name leads out of it."""
        try:
            with as_a_disk(name):
                return bool(super().exists(name))
        except (OSError, SuspiciousOperation):
            return False

    def size(self, name: str) -> int:
        with as_a_disk(name):
            return int(super().size(name))

    def get_modified_time(self, name: str) -> datetime:
        with as_a_disk(name):
            modified: datetime = super().get_modified_time(name)
        return modified

    def listdir(self, name: str) -> tuple[list[str], list[str]]:
        with as_a_disk(name):
            folders, names = super().listdir(name)
        return folders, names

    def delete(self, name: str) -> None:
        with as_a_disk(name):
            super().delete(name)

    def presigned(self, name: str, answer: Mapping[str, str]) -> str:
        """An address that opens this one object for a few minutes, answered with these headers (S3's `Response…` parameters)."""
        place = {"Bucket": self.bucket_name, "Key": self._normalize_name(name)}
        client = self.connection.meta.client
        with as_a_disk(name):
            return str(
                client.generate_presigned_url("get_object", Params=place | dict(answer), ExpiresIn=int(PRESIGNED_FOR.total_seconds()))
            )

    def _open(self, name: str, mode: str = "rb") -> File:
        with as_a_disk(name):
            answer = self.connection.meta.client.get_object(Bucket=self.bucket_name, Key=self._normalize_name(name))
        return StoredObject(answer["Body"], name)

    def _save(self, name: str, content: Any) -> str:
        with as_a_disk(name):
            return str(super()._save(name, content))
