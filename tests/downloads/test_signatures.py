"""Release files are signed at upload, and customers can check them with the commands that the page prints."""

import re
import shutil
import subprocess
from base64 import b64decode
from html import unescape
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.holds import place
from downloads.admin import ReleaseFileAdmin
from downloads.models import DownloadSession, Product, PublicKey, Release, ReleaseFile
from downloads.tasks import publish_keys
from tests import cast
from tests.customer import log_in
from tests.downloads.signed import BAD_KEYS, ED25519, needs_openssl, pem_of, signed
from tests.pages import Tags, words_of
from tests.staff import staff_log_in

pytestmark = pytest.mark.django_db
CONTENT = b"release " * 50_000
ADD = "/staff/downloads/releasefile/add/"
UNICODE = """Übersicht "beta" & 'co' 日本.zip"""


@pytest.fixture
def release(notebook: Product) -> Release:
    return Release.objects.create(product=notebook, version="2.0")


def upload(client: Client, release: Release, name: str = "example.zip", content: bytes = CONTENT, **headers: str):
    form = {"release": release.pk, "platform": "any", "file": SimpleUploadedFile("upload.zip", content), "name": name}
    return client.post(ADD, form, headers=headers)


def beside(owned, file: ReleaseFile, ending: str = "sig") -> str:
    return f"/resources/downloads/{owned.pk}/{file.pk}.{ending}"


def saved(response, folder: Path) -> Path:
    """What a browser saves, under the name that the site gave it."""
    assert response.status_code == 200
    name = re.fullmatch(r'attachment; filename="([^"]+)"', response["Content-Disposition"])
    assert name, response["Content-Disposition"]
    path = folder / name[1]
    path.write_bytes(b"".join(response.streaming_content) if response.streaming else response.content)
    return path


def commands() -> list[str]:
    """The commands that the page prints."""
    return [unescape(command) for command in re.findall(r"<pre><code>(.*?)</code></pre>", Client().get("/signatures/").content.decode())]


def run(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["sh", "-c", command], cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture
def folder(ada, alice, alices, release, tmp_path) -> Path:
    """Where Alice put the four files that the page asks for, each fetched through its link."""
    upload(staff_log_in(ada), release)
    path, client = tmp_path / "alice", log_in(alice)
    path.mkdir()
    page = client.get("/resources/").content.decode()
    links = [link for link in Tags(page).links() if re.search(r"\.(sig|sha256)$", link)]
    assert len(links) == 2
    button = client.post(f"/resources/downloads/{alices.pk}/", {"file": ReleaseFile.objects.get().pk})
    pems = [link for link in Tags(Client().get("/signatures/").content.decode()).links() if link.endswith(".pem")]
    for address in [*links, button["Location"], *pems]:
        saved((client if address.startswith("/resources/") else Client()).get(address), path)
    assert len(list(path.iterdir())) == 4
    return path


@needs_openssl
def test_the_commands_of_the_page_accept_the_file_that_was_released(folder):
    first, second = (run(command, folder) for command in commands())
    assert (first.returncode, first.stdout.strip()) == (0, "Signature Verified Successfully"), first.stderr
    assert (second.returncode, second.stdout.strip()) == (0, "example.zip: OK"), second.stderr
    words = words_of(Client().get("/signatures/").content.decode())
    assert "must answer Signature Verified Successfully ." in words
    assert "must answer example.zip: OK ." in words


@needs_openssl
def test_the_commands_refuse_another_file_and_another_checksum(folder):
    checksum, file = folder / "example.zip.sha256", folder / "example.zip"
    file.write_bytes(CONTENT + b"virus")
    first, second = (run(command, folder) for command in commands())
    assert (first.returncode, second.returncode) == (0, 1)
    run("sha256sum example.zip > example.zip.sha256", folder)
    first, second = (run(command, folder) for command in commands())
    assert (first.returncode, second.returncode) == (1, 0)
    file.write_bytes(CONTENT)
    checksum.write_text(checksum.read_text().replace("example", "other"))
    assert run(commands()[0], folder).returncode == 1, "the name is signed too: an old release cannot pass for a new one"


@pytest.mark.skipif(not shutil.which("shasum"), reason="shasum, as macOS has it, comes with Perl: `apt install perl`")
def test_the_checksum_is_read_on_macos_too(folder):
    assert "shasum -a 256" in words_of(Client().get("/signatures/").content.decode())
    assert run(commands()[1].replace("sha256sum", "shasum -a 256"), folder).stdout.strip() == "example.zip: OK"


@needs_openssl
def test_what_is_signed_is_the_line_that_sha256sum_prints(folder):
    assert run("sha256sum example.zip", folder).stdout == (folder / "example.zip.sha256").read_text()
    assert len((folder / "example.zip.sig").read_bytes()) == 64


@needs_openssl
@pytest.mark.parametrize("name", [UNICODE, "a b.zip", "-rf.zip", "*.zip", "100%25.zip"])
def test_every_name_that_a_file_can_have_can_be_checked(ada, alice, alices, release, tmp_path, name):
    upload(staff_log_in(ada), release, name)
    file, client = ReleaseFile.objects.get(name=name), log_in(alice)
    (tmp_path / name).write_bytes(CONTENT)
    (tmp_path / "c").write_bytes(client.get(beside(alices, file, "sha256")).content)
    (tmp_path / "s").write_bytes(client.get(beside(alices, file)).content)
    (tmp_path / "k").write_text(PublicKey.objects.get().pem)
    assert run("openssl pkeyutl -verify -rawin -pubin -inkey k -sigfile s -in c && sha256sum --check --strict c", tmp_path).returncode == 0


def test_the_signature_is_saved_under_the_files_name(alice, alices, notebook):
    file = signed(cast.make_file(notebook, name=UNICODE))
    response = log_in(alice).get(beside(alices, file))
    assert response["Content-Disposition"].startswith("attachment; filename*=utf-8''%C3%9Cbersicht%20%22beta%22")
    assert response["Content-Disposition"].endswith(".zip.sig")
    assert response.content == b64decode(file.signature)
    quoted = signed(cast.make_file(notebook, "1.1", name='say "hi".zip'))
    assert log_in(alice).get(beside(alices, quoted))["Content-Disposition"] == 'attachment; filename="say \\"hi\\".zip.sig"'


def test_neither_signature_nor_checksum_costs_a_download(alice, alices, notebook_file):
    signed(notebook_file)
    type(alices).objects.update(downloads_used=alices.downloads_allowed)
    client = log_in(alice)
    for ending in ("sig", "sha256"):
        for method in (client.get, client.head):
            assert method(beside(alices, notebook_file, ending)).status_code == 200
        assert client.post(beside(alices, notebook_file, ending)).status_code == 405
    alices.refresh_from_db()
    assert alices.downloads_used == alices.downloads_allowed
    assert not DownloadSession.objects.exists()


@pytest.mark.parametrize("ending", ["sig", "sha256"])
def test_strangers_bob_and_mallory_get_nothing(alices, bob, bobs, mallory, notebook_file, ending):
    signed(notebook_file)
    address = beside(alices, notebook_file, ending)
    assert Client().get(address)["Location"] == f"/resources/log-in/?next={address}"
    for other in (bob, mallory):
        assert log_in(other).get(address).status_code == 404
    assert log_in(bob).get(beside(bobs, notebook_file, ending)).status_code == 404, "Bob bought something else"


@pytest.mark.parametrize("ending", ["sig", "sha256"])
def test_the_gate_is_that_of_the_file(alice, alices, notebook_file, ending):
    signed(notebook_file)
    client, address = log_in(alice), beside(alices, notebook_file, ending)
    Release.objects.update(published_at=None)
    assert client.get(address).status_code == 404
    Release.objects.update(published_at=timezone.now())
    assert client.get(address).status_code == 200
    alices.revoke(1)
    response = client.get(address)
    assert response.status_code == 403
    assert "was refunded" in response.content.decode()
    place(alice, reason="x", text="y", expires_at=None)
    assert client.get(address)["Location"] == f"/resources/log-in/?next={address}", "a hold ends the log-in"


def test_a_file_without_a_signature_says_so(alice, alices, ada, notebook_file):
    client = log_in(alice)
    assert client.get(beside(alices, notebook_file)).status_code == 404
    page = client.get("/resources/").content.decode()
    assert ".sig" not in page
    assert f"{notebook_file.pk}.sha256" in page
    assert "not signed" in staff_log_in(ada).get("/staff/downloads/releasefile/").content.decode()


# Staff


def test_staff_see_whose_signature_it_is_and_whether_it_fits(ada, release):
    client = staff_log_in(ada)
    upload(client, release)
    file = ReleaseFile.objects.get()
    for page in ("/staff/downloads/releasefile/", f"/staff/downloads/releasefile/{file.pk}/change/"):
        assert f"good, by {file.signed_by_id}" in client.get(page).content.decode()
    ReleaseFile.objects.update(sha256="0" * 64)
    assert f"DOES NOT FIT, by {file.signed_by_id}" in client.get("/staff/downloads/releasefile/").content.decode()
    found = client.get("/staff/downloads/releasefile/", {"signed_by__id__exact": file.signed_by_id})
    assert "example.zip" in found.content.decode()
    assert "example.zip" not in client.get("/staff/downloads/releasefile/", {"signed_by__isnull": "True"}).content.decode()


def test_the_list_asks_no_more_for_many_files(ada, notebook):
    client = staff_log_in(ada)
    counts = []
    for versions in (range(2), range(2, 20)):
        for number in versions:
            signed(cast.make_file(notebook, f"3.{number}"))
        with CaptureQueriesContext(connection) as captured:
            client.get("/staff/downloads/releasefile/")
        counts.append(len(captured))
    assert counts[0] == counts[1]


def test_the_progress_bar_still_works_and_the_file_is_signed(ada, release):
    response = upload(staff_log_in(ada), release, **{"X-Requested-With": "XMLHttpRequest"})
    assert response.json() == {"location": f"/staff/downloads/release/{release.pk}/change/"}
    assert ReleaseFile.objects.get().is_signed_well()


def test_an_empty_file_is_an_error_of_the_form(ada, release):
    response = upload(staff_log_in(ada), release, content=b"")
    assert "The submitted file is empty" in response.content.decode()
    assert not ReleaseFile.objects.exists()
    assert not PublicKey.objects.exists()


def rename(client: Client, file: ReleaseFile, name: str):
    form = {"release": file.release_id, "platform": "any", "name": name}
    return client.post(f"/staff/downloads/releasefile/{file.pk}/change/", form)


def test_a_renamed_file_is_signed_under_its_new_name(ada, notebook_file):
    client = staff_log_in(ada)
    signed(notebook_file)
    rename(client, notebook_file, "renamed.zip")
    file = ReleaseFile.objects.get()
    assert (file.name, file.is_signed_well()) == ("renamed.zip", True)
    rename(client, file, "")
    file = ReleaseFile.objects.get()
    assert (file.name, file.is_signed_well()) == ("renamed.zip", True), "a file has a name"


@pytest.mark.parametrize("digest", ["", "0" * 64])
def test_renaming_signs_nothing_that_was_not_signed_well_before(ada, notebook_file, digest):
    """Its bytes are not read then; and a row that somebody changed must not be healed by a new name."""
    if digest:
        signed(notebook_file)
        ReleaseFile.objects.update(sha256=digest)
    rename(staff_log_in(ada), notebook_file, "renamed.zip")
    assert not ReleaseFile.objects.get().is_signed_well()


@pytest.mark.parametrize("said", BAD_KEYS)
def test_with_a_bad_key_the_upload_is_kept_and_staff_are_told(ada, release, settings, said):
    settings.SIGNING_KEY = BAD_KEYS[said]
    client = staff_log_in(ada)
    assert upload(client, release).status_code == 302
    file = ReleaseFile.objects.get()
    assert (file.signature, file.signed_by) == ("", None)
    page = words_of(client.get("/staff/downloads/releasefile/").content.decode())
    assert "The file is kept, and is not signed. SIGNING_KEY " + said in page


# The page


def test_before_the_first_signature_the_page_says_so():
    assert "No file has been signed yet." in words_of(Client().get("/signatures/").content.decode())


def test_keys_of_the_past_stay_published_and_the_newest_comes_first(notebook, settings):
    old = signed(cast.make_file(notebook))
    settings.SIGNING_KEY = pem_of(ED25519)
    new = signed(cast.make_file(notebook, "2.0"))
    assert old.signed_by_id != new.signed_by_id
    html = Client().get("/signatures/").content.decode()
    assert html.index(f'id="{new.signed_by_id}"') < html.index(f'id="{old.signed_by_id}"')
    assert f"public-key-{new.signed_by_id}.pem -sigfile" in words_of(html)
    for file in (old, new):
        pem = Client().get(f"/signatures/{file.signed_by_id}.pem")
        assert pem.content.decode() == file.signed_by.pem
        assert pem["Content-Type"] == "application/x-pem-file"
        assert ReleaseFile.objects.get(pk=file.pk).is_signed_well()


def test_the_page_sets_no_cookie_and_asks_once(notebook, settings):
    signed(cast.make_file(notebook))
    Client().get("/signatures/")  # the top of the page, which is kept for a minute
    with CaptureQueriesContext(connection) as one:
        answer = Client().get("/signatures/")
    settings.SIGNING_KEY = pem_of(ED25519)
    signed(cast.make_file(notebook, "2.0"))
    with CaptureQueriesContext(connection) as two:
        Client().get("/signatures/")
    assert len(one) == len(two) == 1
    assert not answer.cookies
    assert not Client().get(f"/signatures/{PublicKey.objects.first().pk}.pem").cookies


@pytest.mark.parametrize(
    "path", ["/signatures/0000000000000000.pem", "/signatures/x.pem", "/signatures/%00.pem", f"/signatures/{'a' * 5000}.pem"]
)
def test_a_key_that_never_was_is_not_found(path):
    assert Client().get(path).status_code in (400, 404)


def test_neither_page_is_written_to():
    assert Client().post("/signatures/").status_code == 405


def test_the_private_key_is_on_no_page(ada, release, settings, alice):
    staff = staff_log_in(ada)
    upload(staff, release)
    secret = settings.SIGNING_KEY_FILE.read_text().splitlines()[1]
    for client in (Client(), log_in(alice), staff):
        for path in (
            "/signatures/",
            "/resources/",
            "/staff/downloads/publickey/",
            f"/staff/downloads/publickey/{PublicKey.objects.get().pk}/change/",
        ):
            assert secret not in client.get(path, follow=True).content.decode()


def test_a_key_that_signs_nothing_any_more_can_be_taken_away_and_no_other(ada, notebook, settings):
    client, old = staff_log_in(ada), signed(cast.make_file(notebook)).signed_by_id
    client.post(f"/staff/downloads/publickey/{old}/delete/", {"post": "yes"})
    assert PublicKey.objects.filter(pk=old).exists()
    settings.SIGNING_KEY = pem_of(ED25519)
    signed(ReleaseFile.objects.get())
    client.post(f"/staff/downloads/publickey/{old}/delete/", {"post": "yes"})
    assert not PublicKey.objects.filter(pk=old).exists()
    assert Client().get(f"/signatures/{old}.pem").status_code == 404


def test_two_files_cannot_have_one_name(ada, release):
    """The signature is of the name: an old file would pass for a new one."""
    client = staff_log_in(ada)
    upload(client, release)
    assert "Another file has this name." in upload(client, release).content.decode()
    assert ReleaseFile.objects.count() == 1


def test_a_page_of_staff_that_is_old_takes_no_signature_back(ada, release, monkeypatch):
    client = staff_log_in(ada)
    upload(client, release)
    file = ReleaseFile.objects.get()
    save = ReleaseFileAdmin.save_model

    def meanwhile(*args, **values):
        ReleaseFile.objects.update(signature="signed anew")
        save(*args, **values)

    monkeypatch.setattr(ReleaseFileAdmin, "save_model", meanwhile)
    form = {"release": release.pk, "platform": "linux", "name": file.name}
    assert client.post(f"/staff/downloads/releasefile/{file.pk}/change/", form).status_code == 302
    file.refresh_from_db()
    assert (file.platform, file.signature) == ("linux", "signed anew")


def test_all_keys_are_published_before_they_sign_anything(settings):
    assert publish_keys() == 3
    assert sorted(PublicKey.objects.values_list("purpose", flat=True)) == ["licences", "releases", "updates"]
    assert publish_keys() == 3, "twice is once"
    settings.LICENCE_KEY = "no key"
    assert publish_keys() == 2
    assert PublicKey.objects.count() == 3
