"""Files that come with a form: sealed while they are received, bounded while they are received, gone with the request."""

import gc
import os
import tracemalloc
from contextlib import suppress
from pathlib import Path

import pytest
from django.core.files.uploadedfile import UploadedFile
from django.test import Client, RequestFactory
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

from support.models import Case
from support.vault import keyring, uploads
from tests.customer import log_in
from tests.pages import fields_on, words_of
from tests.support.cases import make_case
from tests.support.pages import ASKED, CUSTOMERS_NEW, NEW, ask, link_of, place_of, upload, write

pytestmark = pytest.mark.django_db
CANARY = b"CANARY-7f3a91"


def open_files() -> list[bytes]:
    """What the temporary files hold that this process has open: they have no name, and are read by their descriptors."""
    found = []
    for entry in Path("/proc/self/fd").iterdir():
        with suppress(FileNotFoundError):  # the descriptor by which the folder itself is read
            target = os.readlink(entry)
            if "/uploads/" in target and "deleted" in target:
                found.append(entry.read_bytes())
    return found


def body_of(*files: UploadedFile, **values: str) -> bytes:
    return encode_multipart(BOUNDARY, ASKED | values | {"attachments": list(files)})


def post(path: str, body: bytes, client: Client | None = None, **extra: object):
    return (client or Client()).generic("POST", path, body, content_type=MULTIPART_CONTENT, **extra)


def errors_of(answer) -> str:
    assert answer.status_code == 200
    return " ".join(answer.context["form"].errors["attachments"])


def test_no_plain_byte_touches_the_disk_and_nothing_stays(settings):
    request = RequestFactory().post(NEW, ASKED | {"attachments": upload("log.txt", CANARY * 50_000)})
    (file,) = request.FILES.getlist("attachments")
    request.FILES["attachments"].sealed.file.flush()
    held = b"".join(open_files())
    assert len(held) > 50_000 * len(CANARY)
    assert CANARY not in held
    assert b"".join(file.chunks()) == b"".join(file.chunks()) == CANARY * 50_000
    assert not list(Path(settings.FILE_UPLOAD_TEMP_DIR).iterdir())
    request.close()
    assert not open_files()


def test_a_request_that_is_dropped_leaves_nothing(settings):
    request = RequestFactory().post(NEW, ASKED | {"attachments": upload()})
    assert request.FILES
    del request
    gc.collect()
    assert not open_files()


def test_memory_does_not_grow_with_the_file():

    request = RequestFactory().generic("POST", NEW, body_of(upload("a.bin", os.urandom(9_000_000))), MULTIPART_CONTENT)
    tracemalloc.start()
    size = sum(map(len, request.FILES["attachments"].chunks()))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert size == 9_000_000
    assert peak < 2_000_000


TOO_MUCH = [
    ([upload(f"{number}.txt", b"x") for number in range(11)], "more than 10 files"),
    ([upload(f"{number}.txt", b"x") for number in range(60)], "more than 10 files"),
    ([upload("big.bin", b"x" * (10 * 1024 * 1024 + 1))], "big.bin is larger than 10 MB"),
    ([upload(f"{number}.bin", b"x" * (9 * 1024 * 1024)) for number in range(6)], "larger than 50 MB"),
]


@pytest.mark.parametrize(("files", "why"), TOO_MUCH)
def test_too_much_is_told_and_the_text_stays(files, why, settings):
    body = body_of(*files)
    answer = post(NEW, body)
    assert why in errors_of(answer)
    assert ASKED["text"] in answer.content.decode()
    assert not Case.objects.exists()
    assert not list(keyring.names())
    assert not open_files()


def test_what_is_much_too_long_is_not_read_to_its_end(monkeypatch):
    monkeypatch.setattr(uploads, "MOST_READ", 1_000_000)
    answer = post(NEW, body_of(upload("big.bin", b"x" * 3_000_000)))
    assert "larger than 50 MB" in errors_of(answer)
    assert ASKED["text"] in answer.content.decode()


def test_exactly_as_much_as_is_allowed_is_taken():
    ask(attachments=[upload(f"{number}.bin", b"x" * 5 * 1024 * 1024) for number in range(10)])
    assert Case.objects.get().files.count() == 10


def test_an_empty_file_and_a_file_without_a_name_break_nothing():
    body = body_of(upload("empty.txt", b""), upload("dots", b"x")).replace(b'filename="dots"', b'filename=".."')
    assert post(NEW, body).status_code == 200
    assert [(file.name, file.size) for file in Case.objects.get().files.all()] == [("empty.txt", 0)]


def test_an_upload_that_is_cut_off_is_no_file_and_no_error_page():
    whole = body_of(upload("log.txt", b"x" * 200_000))
    answer = post(NEW, whole[: len(whole) // 2])
    assert "broke off" in errors_of(answer)
    assert not Case.objects.exists()
    assert not open_files()


@pytest.mark.parametrize("damage", [b"", b"\x00" * 100, b"--" + BOUNDARY.encode(), b"--" + BOUNDARY.encode() + b"\r\n\r\n"])
def test_what_is_no_form_breaks_nothing(damage):
    assert post(NEW, damage).status_code in (200, 400)
    assert not open_files()


def test_a_file_in_letters_that_are_none_is_a_bad_request():
    """The log of a test keeps the error, and with it the request: what its file holds is sealed."""
    body = body_of(upload("a.txt", b"_" + CANARY)).replace(b"Content-Type: text/plain", b"Content-Transfer-Encoding: base64")
    assert post(NEW, body).status_code == 400
    assert CANARY not in b"".join(open_files())


@pytest.mark.parametrize("moment", ["temporary", "write", "flush"])
def test_a_full_disk_is_told_and_nothing_is_half_kept(monkeypatch, moment):
    class Full:
        closed = False

        def write(self, _bytes: bytes) -> None:
            if moment == "write":
                raise OSError(28, "No space left on device")

        def flush(self) -> None:
            raise OSError(28, "No space left on device")

        def close(self) -> None:
            raise OSError(28, "No space left on device")

    def temporary() -> Full:
        if moment == "temporary":
            raise OSError(28, "No space left on device")
        return Full()

    monkeypatch.setattr(uploads.SealedFile, "temporary", staticmethod(temporary))
    answer = ask(attachments=[upload("a.txt"), upload("b.txt")])
    assert "We cannot keep files at the moment" in errors_of(answer)
    assert ASKED["text"] in answer.content.decode()
    assert not Case.objects.exists()


def test_the_first_reader_of_the_form_does_not_matter(alice):
    """In the area the check of the token reads the form before the view does."""
    customer = log_in(alice, Client())
    fields = fields_on(customer, CUSTOMERS_NEW)
    customer.handler.enforce_csrf_checks = True
    sent = fields | {name: ASKED[name] for name in ("subject", "text")}
    customer.post(CUSTOMERS_NEW, sent | {"attachments": upload()})
    assert b"".join(Case.objects.get().files.get().content()) == b"all is lost\n" * 10
    eleven = [upload(f"{number}.txt", b"x") for number in range(11)]
    assert "more than 10 files" in errors_of(customer.post(CUSTOMERS_NEW, sent | {"attachments": eleven}))


def test_replies_are_bounded_too(alice, client):
    case = make_case(user=alice)
    for who, path in ((client, link_of(case)), (log_in(alice), place_of(case))):
        answer = write(who, path, attachments=[upload(f"{number}.txt", b"x") for number in range(11)])
        assert "more than 10 files" in errors_of(answer)
        assert "It happened again." in answer.content.decode()
    assert case.messages.count() == 1


@pytest.mark.parametrize(
    "path", ["/contact/", "/support/", "/announcements/join/", "/supportx/new/", "/resources/support/new/", "/resources/feedback/"]
)
def test_everywhere_else_files_are_read_and_dropped(path, client, monkeypatch):
    """Of strangers in the area too: they are led to the log-in, and what they sent is kept nowhere."""
    made: list[object] = []
    monkeypatch.setattr(uploads.SealedFile, "temporary", staticmethod(lambda: made.append(1)))
    answer = client.post(path, {"text": "x", "attachments": upload("log.txt", CANARY)})
    assert answer.status_code < 500
    assert not made


def test_a_page_that_is_not_there_keeps_nothing(client):
    before = len(open_files())
    answer = client.post("/support/cases/none/", {"text": "x", "attachments": upload()})
    assert words_of(answer.content.decode())
    assert answer.status_code == 404
    assert len(open_files()) == before
