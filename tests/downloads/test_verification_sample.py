"""The published sample verifies licence files by itself: each test vector, and what the site really hands out."""

import json
import os
import subprocess
import sys
from base64 import b64decode, b64encode
from pathlib import Path

import pytest

from downloads.models import PublicKey
from downloads.signing import LICENCES, fits, key_in
from downloads.unlock_code_format import digest_of
from tests.cast import PASSWORD
from tests.server import ROOT, ask, served

SAMPLES = ROOT / "docs" / "samples"
VECTORS = json.loads((SAMPLES / "licence-vectors.json").read_text())


def verify(folder: Path, licence: str, public_key: str, revoked: str = "", **options: str) -> subprocess.CompletedProcess[str]:
    """What the sample says, run as anybody runs it: in a folder of its own, without this project on its path."""
    command = [sys.executable, "-I", str(SAMPLES / "verify_licence.py"), "a.licence", "--key", "key.pem"]
    files = {"a.licence": licence, "key.pem": public_key} | ({"revoked.json": revoked} if revoked else {})
    for name, content in files.items():
        (folder / name).write_text(content)
    command += ["--revoked", "revoked.json"] if revoked else []
    command += [part for name, value in options.items() for part in (f"--{name}", value)]
    environment = {"PATH": os.environ["PATH"], "PYTHONIOENCODING": "utf-8"}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("vector", VECTORS["vectors"], ids=lambda vector: vector["name"])
def test_each_vector_is_told_as_it_should_be(tmp_path, vector):
    options = {name: vector[name] for name in ("product", "released", "revoked") if name in vector}
    said = verify(tmp_path, vector["licence"], VECTORS["public_key"], **options)
    assert (said.returncode, said.stderr) == (0 if vector["good"] else 1, "")
    assert said.stdout.startswith("Good: " if vector["good"] else "Not good: ")
    assert vector["says"] in said.stdout


def test_the_vectors_are_of_the_published_key_and_code():
    key = key_in(VECTORS["private_key"].encode(), "the vectors", LICENCES)
    assert (key.id, key.public_pem) == (VECTORS["key"], VECTORS["public_key"])
    good = json.loads(VECTORS["vectors"][0]["licence"])
    assert fits(good["signature"], f"{good['format']}.{good['payload']}", key.public_pem)
    assert json.loads(b64decode(good["payload"]))["code_sha256"] == digest_of(VECTORS["unlock_code"])


def test_a_wrong_command_line_is_no_verdict(tmp_path):
    said = verify(tmp_path, VECTORS["vectors"][0]["licence"], "no key")
    assert said.returncode == 2
    assert "Good" not in said.stdout
    assert verify(tmp_path, "", VECTORS["public_key"], released="yesterday").returncode == 2


SETUP = """
import django; django.setup()
from tests import cast
from downloads.models import UnlockCode
fulfilment = cast.buy(cast.ALICE, cast.make_product("NOTEBOOK", "Notebook", "NTE"), order="A-1")
code = UnlockCode.objects.get()
print(fulfilment.entitlements[0].pk, code.pk, code.digest)
"""
REISSUE = """
import django; django.setup()
from downloads.models import UnlockCode
UnlockCode.objects.get().reissue()
"""


def test_what_the_site_hands_out_over_http_is_verified_until_it_is_revoked(tmp_path, tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    environment = {"INFACTA_MODE": "test", "DATA_DIR": str(folder), "DATABASE_URL": f"sqlite:///{folder}/site.sqlite3"}

    def run(code: str) -> str:
        command = [sys.executable, "-c", "import os; os.environ['DJANGO_SETTINGS_MODULE'] = 'infacta.settings'\n" + code]
        return subprocess.run(command, cwd=ROOT, env=os.environ | environment, capture_output=True, text=True, check=True).stdout

    with served(folder) as port:
        entitlement, code, digest = run(SETUP).split()
        cookies = logged_in(port)
        licence = ask(port, f"/resources/products/{entitlement}/codes/{code}.licence", Cookie=cookies)
        assert licence.status == 200, licence.text
        key = json.loads(licence.text)["key"]
        public_key = ask(port, f"/signatures/{key}.pem").text
        part = f"/downloads/revoked-codes/{digest[:2]}.json"
        said = verify(tmp_path, licence.text, public_key, ask(port, part).text, product="NOTEBOOK")
        assert said.returncode == 0, said.stdout + said.stderr
        assert "Licensed to Alice Archer, Archer & Daughters." in said.stdout
        run(REISSUE)
        for path in (part, "/downloads/revoked-codes.json"):
            said = verify(tmp_path, licence.text, public_key, ask(port, path).text)
            assert (said.returncode, said.stdout) == (1, "Not good: The unlock code of this licence was revoked.\n")
        forged = json.loads(licence.text)
        forged["payload"] = b64encode(b64decode(forged["payload"]).replace(b'"seats": 1', b'"seats": 9')).decode()
        assert "does not fit" in verify(tmp_path, json.dumps(forged), public_key).stdout


def logged_in(port: int) -> str:
    """The cookies of Alice's browser after the log-in."""
    jar: dict[str, str] = {}

    def keep(answer) -> None:
        for name, value in answer.getheaders():
            if name == "Set-Cookie":
                cookie, _, content = value.split(";")[0].partition("=")
                jar[cookie] = content

    def cookies() -> str:
        return "; ".join(f"{name}={value}" for name, value in jar.items())

    page = ask(port, "/resources/log-in/")
    keep(page)
    page = ask(port, page.getheader("Location") or "/resources/log-in/", Cookie=cookies())
    keep(page)
    token = page.text.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
    form = f"csrfmiddlewaretoken={token}&email=alice%40example.com&password={PASSWORD.replace(' ', '+')}"
    answer = ask(port, "/resources/log-in/", "POST", form, Cookie=cookies(), **{"Content-Type": "application/x-www-form-urlencoded"})
    assert answer.status == 302, answer.text
    keep(answer)
    return cookies()


@pytest.mark.django_db
def test_licence_keys_are_published_apart_from_those_of_releases(client):
    PublicKey.objects.create(pk="a" * 16, pem="PEM of licences", purpose="licences")
    page = client.get("/signatures/").content.decode()
    assert "No file has been signed yet" in page
    assert "PEM of licences" in page.partition("The keys of licence files")[2]
