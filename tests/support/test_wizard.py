"""The wizard that ships inside products: what is shown is what is saved, sent, kept and given back; cut off, it goes on (promise G7)."""

import ast
import hashlib
import importlib.util
import io
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import zipfile
from pathlib import Path
from types import ModuleType, SimpleNamespace

import jsonschema
import pytest
from django.test import Client

from bench.own_servers import free_port
from support.diagnostics.asking import SCHEMA
from support.vault import files
from support.views.wizard import PROGRAM
from tests.server import served

LOG = """2026-05-03 09:14:22 started for vera on vera-laptop
opened /home/vera/notes/plan.txt
opened C:\\Users\\Vera\\Documents\\plan.txt
mail to vera@example.net and bob@example.org by 203.0.113.9, 2001:db8::7
mail to vera@example.net again, by 127.0.0.1, version 4.7.1
"""


def oldest_python() -> str:
    """The oldest Python here that the wizard promises to run with."""
    return next((found for minor in range(8, 12) if (found := shutil.which(f"python3.{minor}")) and works(found)), sys.executable)


def works(python: str) -> bool:
    return subprocess.run([python, "-c", "import ssl, zipfile"], capture_output=True, check=False).returncode == 0


PYTHON = oldest_python()


@pytest.fixture(scope="module")
def wizard() -> ModuleType:
    specification = importlib.util.spec_from_file_location("infacta_wizard", PROGRAM)
    assert specification
    assert specification.loader
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


@pytest.fixture
def product(tmp_path: Path) -> Path:
    """A product's folder, with what its vendor lets the wizard collect."""
    folder = tmp_path / "product"
    (folder / "logs").mkdir(parents=True)
    (folder / "settings.ini").write_text("[window]\nuser = Vera\n")
    (folder / "logs" / "app.log").write_text(LOG)
    (folder / "logs" / "old.log").write_text("line\n" * 100_000)
    (folder / "data.bin").write_bytes(b"\0\1\2" * 100)
    return configured(folder, "http://127.0.0.1:1")


def configured(folder: Path, site: str, *more: dict) -> Path:
    items = [
        {"kind": "settings", "title": "Settings", "path": "settings.ini"},
        {"kind": "log", "title": "Log", "path": "logs/*.log", "tail": 5000},
        {"kind": "settings", "title": "Data", "path": "data.bin"},
        {"kind": "log", "title": "Crashes", "path": "crashes/*.log"},
        *more,
    ]
    path = folder / "diagnostics.json"
    path.write_text(json.dumps({"product": "NOTEBOOK", "version": "1.2", "site": site, "items": items}))
    return path


def run(*arguments: object, typed: str = "", **variables: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONIOENCODING": "utf-8", "EDITOR": "true"} | variables
    return subprocess.run(
        [PYTHON, str(PROGRAM), *map(str, arguments)], input=typed, capture_output=True, text=True, env=environment, check=False, timeout=100
    )


def in_bundle(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def test_it_is_one_file_of_the_standard_library_for_old_pythons_too():
    tree = ast.parse(PROGRAM.read_text(), feature_version=(3, 8))
    imported = {name.name.split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
    imported |= {str(node.module).split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert imported <= sys.stdlib_module_names


def test_what_is_listed_is_what_is_there(product):
    listed = run(product, "--list").stdout
    for title in ("Computer and system", "Settings", "Log", "Data"):
        assert title in listed
    assert "not found: Crashes" in listed
    assert "its end alone" in listed


def test_what_is_shown_is_what_is_saved(product, tmp_path):
    saved = tmp_path / "bundle.zip"
    result = run(product, "--yes", "--save", saved, "--hide", "plan")
    assert result.returncode == 0, result.stderr
    assert sha256(saved.read_bytes()) in result.stdout
    bundle = in_bundle(saved)
    manifest = json.loads(bundle["manifest.json"])
    jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text()) | {"$ref": "#/$defs/manifest"}).validate(manifest)
    assert {told["path"] for told in manifest["items"]} | {"manifest.json"} == set(bundle)
    for told in manifest["items"]:
        shown = subprocess.run(
            [PYTHON, str(PROGRAM), str(product), "--show", told["id"], "--hide", "plan"], capture_output=True, check=True
        )
        assert shown.stdout == bundle[told["path"]] or told["kind"] == "hardware"
        assert (told["size"], told["sha256"]) == (len(bundle[told["path"]]), sha256(bundle[told["path"]]))
    assert saved.stat().st_mode & 0o077 == 0


def test_what_is_unticked_stays_at_home(product, tmp_path):
    saved = tmp_path / "bundle.zip"
    run(product, "--yes", "--save", saved, "--untick", "hardware", "--untick", "settings-2", "--untick", "log/app.log")
    assert set(in_bundle(saved)) == {"manifest.json", "log/old.log", "settings/data.bin"}
    assert "Settings" not in in_bundle(saved)["manifest.json"].decode()


def test_names_and_addresses_are_replaced_alike_everywhere(product, tmp_path):
    saved, mapping = tmp_path / "bundle.zip", tmp_path / "mapping.json"
    assert run(product, "--yes", "--save", saved, "--mapping", mapping, "--hide", "vera-laptop").returncode == 0
    told = json.loads(mapping.read_text())
    words = {what: shown for shown, what in told.items()}
    everything = b"\n".join(in_bundle(saved).values()).decode("utf-8", "replace")
    for private in ("vera", "Vera", "203.0.113.9", "2001:db8::7", "bob@example.org"):
        assert private not in everything
    log = in_bundle(saved)["log/app.log"].decode()
    assert log.count(words["vera@example.net"]) == 2
    assert words["vera@example.net"] != words["bob@example.org"]
    user = re.search(r"/home/(\[user-\d\])/", log)
    assert user
    assert f"Users\\{user[1]}\\" in log
    assert f"user = {user[1]}" in in_bundle(saved)["settings/settings.ini"].decode(), "though only the log says that it is a user"
    assert "127.0.0.1" in log
    assert "09:14:22" in log
    assert "mapping" not in everything


def test_what_is_left_plain_is_the_very_file(product, tmp_path):
    saved = tmp_path / "bundle.zip"
    run(product, "--yes", "--plain", "--save", saved)
    assert in_bundle(saved)["log/app.log"].decode() == LOG
    assert not any(told["edited"] for told in json.loads(in_bundle(saved)["manifest.json"])["items"])


def test_at_the_terminal_one_unticks_blanks_out_and_saves(product, tmp_path):
    saved = tmp_path / "bundle.zip"
    number = next(line.split()[0] for line in run(product, "--list").stdout.splitlines() if "Log" in line and "its end" not in line)
    typed = f"?\nv {number}\nb {number} 2-3\n2\nx 99\nm\ns\nno\n"
    result = run(product, "--save", saved, typed=typed)
    assert result.returncode == 0, result.stderr
    assert "Nothing was sent. The file is yours." in result.stdout
    lines = in_bundle(saved)["log/app.log"].decode().splitlines()
    assert lines[1:3] == ["[blanked out]"] * 2
    assert "settings/settings.ini" not in in_bundle(saved)


def test_the_editor_changes_what_is_sent(product, tmp_path):
    saved, editor = tmp_path / "bundle.zip", tmp_path / "editor.sh"
    editor.write_text("#!/bin/sh\necho 'mine alone' > \"$1\"\n")
    editor.chmod(0o700)
    run(product, "--save", saved, typed="e 2\ns\nno\n", EDITOR=str(editor))
    assert in_bundle(saved)["settings/settings.ini"] == b"mine alone\n"
    told = {one["path"]: one for one in json.loads(in_bundle(saved)["manifest.json"])["items"]}
    assert told["settings/settings.ini"]["edited"]


def test_who_quits_sends_nothing(product, tmp_path):
    result = run(product, typed="q\n")
    assert "Nothing was sent." in result.stdout
    assert not list(tmp_path.glob("*.zip"))
    assert run(product, typed="").returncode == 130


def test_a_configuration_starts_no_programs_and_sends_nothing_in_the_clear(product, tmp_path):
    (product.parent / "evil.json").write_text(
        json.dumps({"product": "X", "site": "http://vendor.example", "items": [{"kind": "command", "path": "/bin/true"}]})
    )
    refused = run(product.parent / "evil.json", "--yes")
    assert refused.returncode == 1
    assert "not reached by https" in refused.stderr
    configured(
        product.parent, "https://vendor.example", {"kind": "command", "title": "Command", "path": "settings.ini", "command": "touch x"}
    )
    assert "not found: Command" in run(product, "--list").stdout
    assert run(tmp_path / "none.json", "--list").returncode == 1


def test_a_site_that_is_away_leaves_the_saved_file_and_says_how_to_go_on(product, tmp_path, wizard, monkeypatch):
    saved = tmp_path / "bundle.zip"
    saved.write_bytes(b"x")
    waits: list[int] = []
    upload = wizard.Upload(str(saved), {"site": f"http://127.0.0.1:{free_port()}", "told": {}, "location": ""})
    with pytest.raises(wizard.Failed, match="cannot be reached") as failure:
        upload.send(lambda line: None, waits.append)
    assert "--resume" in str(failure.value)
    assert waits == sorted(waits)
    assert len(waits) == wizard.TRIES - 1
    assert json.loads(Path(f"{saved}.upload").read_text())["site"] == upload.state["site"]


def test_an_address_is_asked_for_before_anything_goes(product, tmp_path):
    result = run(product, "--yes", "--save", tmp_path / "b.zip", "--send")
    assert result.returncode == 1
    assert "--email" in result.stderr


# With a real server


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> tuple[int, Path]:
    folder = tmp_path_factory.mktemp("site")
    with served(folder) as port:
        yield port, folder


def kept(folder: Path, reference: str) -> tuple[str, bytes]:
    """The SHA-256 and the bytes that the site keeps of a case."""
    with sqlite3.connect(folder / "site.sqlite3") as database:
        row = database.execute(
            "SELECT c.key_name, f.stored_as, f.sha256 FROM support_casefile f JOIN support_case c ON f.case_id = c.id WHERE c.reference = ?",
            [reference],
        ).fetchone()
    return row[2], b"".join(files.content(row[0], row[1]))


def number_in(printed: str) -> str:
    found = re.search(r"number of your case is (\w{4}-\w{4})", printed)
    assert found, printed
    return found[1]


def test_saved_sent_and_kept_are_the_same_bytes(product, tmp_path, site, settings):
    port, folder = site
    settings.CASE_FILES_DIR, settings.CASE_KEYS_DIR = folder / "case-files", folder / "case-keys"
    configured(product.parent, f"http://127.0.0.1:{port}")
    saved = tmp_path / "bundle.zip"
    result = run(product, "--yes", "--save", saved, "--send", "--email", "vera@example.net", "--text", "It stops.", "--copy")
    assert result.returncode == 0, result.stderr
    digest, content = kept(folder, number_in(result.stdout))
    assert content == saved.read_bytes()
    assert digest == sha256(content)
    assert not Path(f"{saved}.upload").exists()


def test_killed_in_the_middle_it_goes_on_where_it_was(product, tmp_path, site, settings):
    port, folder = site
    settings.CASE_FILES_DIR, settings.CASE_KEYS_DIR = folder / "case-files", folder / "case-keys"
    (product.parent / "large.bin").write_bytes(b"\0" + os.urandom(24_000_000))
    configured(product.parent, f"http://127.0.0.1:{port}", {"kind": "settings", "path": "large.bin"})
    saved = tmp_path / "bundle.zip"
    arguments = [str(product), "--yes", "--save", str(saved), "--send", "--email", "killed@example.net"]
    with subprocess.Popen([PYTHON, str(PROGRAM), *arguments], stdout=subprocess.PIPE, text=True) as sending:
        assert sending.stdout
        for line in sending.stdout:
            if re.match(r"\s*[1-9]\d* %", line):
                sending.send_signal(signal.SIGKILL)
                break
    assert sending.returncode == -signal.SIGKILL
    result = run("--resume", saved)
    assert result.returncode == 0, result.stderr
    assert not result.stdout.lstrip().startswith("0 %"), "it goes on, and does not begin again"
    digest, content = kept(folder, number_in(result.stdout))
    assert content == saved.read_bytes()
    assert digest == sha256(content)


def test_an_upload_that_lapsed_is_begun_again(product, tmp_path, site, settings):
    port, folder = site
    settings.CASE_FILES_DIR, settings.CASE_KEYS_DIR = folder / "case-files", folder / "case-keys"
    saved = tmp_path / "bundle.zip"
    content = b"PK not really"
    saved.write_bytes(content)
    told = {
        "contact": {"email": "late@example.net"},
        "product": "NOTEBOOK",
        "wizard": {"name": "infacta_wizard", "version": "1.0"},
        "bundle": {"size": len(content), "sha256": sha256(content)},
    }
    state = {"site": f"http://127.0.0.1:{port}", "told": told, "location": f"/support/diagnostics/{'0' * 64}/"}
    Path(f"{saved}.upload").write_text(json.dumps(state))
    result = run("--resume", saved)
    assert result.returncode == 0, result.stderr
    assert kept(folder, number_in(result.stdout))[1] == content


def test_what_the_site_refuses_is_told_in_its_own_words(product, tmp_path, site, wizard):
    port, _folder = site
    saved = tmp_path / "bundle.zip"
    saved.write_bytes(b"x")
    told = {"wizard": {"name": "infacta_wizard", "version": "0.1"}}
    Path(f"{saved}.upload").write_text(json.dumps({"site": f"http://127.0.0.1:{port}", "told": told, "location": ""}))
    result = run("--resume", saved)
    assert result.returncode == 1
    assert "This wizard is too old. Please get the new one at" in result.stderr
    assert "/support/wizard/" in result.stderr


def test_lines_are_counted_as_editors_count_them(wizard):
    """A log with a bare carriage return or a form feed in it has no more lines for that."""
    item = wizard.Item(1, "log-1", "Log", "log", "log/app.log", b"10 %\r20 %\x0cdone\nsecret\nend\n")
    item.blank(2, 2)
    assert item.text == "10 %\r20 %\x0cdone\n[blanked out]\nend\n"


def test_nothing_in_a_log_moves_the_cursor_of_the_terminal(product, tmp_path):
    (product.parent / "settings.ini").write_bytes(b"seen\x1b[8mhidden\x1b[0m\xc2\x9b2J\rover\xe2\x80\xae\n")
    shown = run(product, typed="v 2\nq\n").stdout
    assert "seen\\x1b[8mhidden\\x1b[0m\\x9b2J\\rover\\u202e" in shown
    assert "\x1b" not in shown


def test_the_list_says_which_files_of_the_computer_are_meant(product, tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("not of the product")
    (product.parent / "logs" / "z.log").symlink_to(secret)
    listed = run(product, "--list").stdout
    assert f"from {secret}" in listed
    assert f"from {product.parent / 'settings.ini'}" in listed
    run(product, "--yes", "--save", tmp_path / "bundle.zip")
    assert str(secret) not in in_bundle(tmp_path / "bundle.zip")["manifest.json"].decode()


def test_a_file_that_was_changed_after_it_was_saved_is_not_sent(product, tmp_path, wizard):
    arguments = wizard.parsed([str(product), "--email", "vera@example.net"])
    work, saved = wizard.Work(wizard.read_configuration(product), arguments, product.parent), tmp_path / "bundle.zip"
    work.save(str(saved))
    saved.write_bytes(b"something else")
    with pytest.raises(wizard.Failed, match="was changed after it was saved"):
        work.send(str(saved), print)


class Answers:
    """A site that answers what it likes."""

    def __init__(self, *bodies: bytes) -> None:
        self.bodies = iter(bodies)

    def request(self, *sent: object) -> None:
        pass

    def getresponse(self):
        body = io.BytesIO(next(self.bodies))
        return SimpleNamespace(status=200, reason="OK", read=body.read, headers={})


@pytest.mark.parametrize("offset", [0, -1, 10**9])
def test_a_site_that_never_comes_to_an_end_is_left(tmp_path, wizard, monkeypatch, offset):
    (tmp_path / "bundle.zip").write_bytes(b"x" * 100)
    answers = Answers(b'{"state": "receiving", "offset": 0}', *[json.dumps({"state": "receiving", "offset": offset}).encode()] * 20)
    monkeypatch.setattr(
        wizard.http.client,
        "HTTPConnection",
        lambda *given, **more: SimpleNamespace(request=answers.request, getresponse=answers.getresponse, close=print),
    )
    state = {"site": "http://127.0.0.1:1", "told": {}, "location": "/support/diagnostics/x/"}
    with pytest.raises(wizard.Failed, match="does not understand"):
        wizard.Upload(str(tmp_path / "bundle.zip"), state).send(print, wait=lambda seconds: None)


def test_of_an_endless_answer_a_megabyte_is_read(wizard, monkeypatch):
    held = io.BytesIO(b" " * 5 * 2**20)
    answer = SimpleNamespace(status=200, reason="OK", read=held.read, headers={})
    monkeypatch.setattr(
        wizard.http.client,
        "HTTPConnection",
        lambda *given, **more: SimpleNamespace(request=print, getresponse=lambda: answer, close=print),
    )
    with wizard.Connection("http://127.0.0.1:1") as connection, pytest.raises(wizard.Refused):
        connection.ask("GET", "/")
    assert held.tell() == 2**20


WINDOW = """
import importlib.util, sys, tkinter
specification = importlib.util.spec_from_file_location("infacta_wizard", sys.argv[1])
wizard = importlib.util.module_from_spec(specification)
specification.loader.exec_module(wizard)
arguments = wizard.parsed([sys.argv[2], "--gui", "--save", sys.argv[3], "--email", "window@example.net"])
configuration = wizard.read_configuration(arguments.configuration)
work = wizard.Work(configuration, arguments, sys.argv[4])
root = tkinter.Tk()
window = wizard.Window(work, root)
root.update()
window.list.selection_set("2"); root.update()
window.text.delete("1.0", "end"); window.text.insert("1.0", "edited in the window\\nsecret\\n")
window.keep(); root.update()
window.text.mark_set("insert", "2.0"); window.blank(); root.update()
window.list.selection_set("3"); root.update()
window.text.delete("1.0", "end"); window.text.insert("1.0", "seen and so sent\\n")
window.list.selection_set("1"); root.update(); window.tick(); root.update()
window.send()
for _turn in range(600):
    root.update(); root.after(20)
    if "number of your case" in window.status.get():
        break
print(window.status.get())
"""


def python_with_windows() -> str | None:
    if not shutil.which("xvfb-run"):
        return None
    found = [sys.executable, *(path for folder in os.defpath.split(os.pathsep) if (path := shutil.which("python3", path=folder)))]
    return next((python for python in found if subprocess.run([python, "-c", "import tkinter"], capture_output=True).returncode == 0), None)


def test_in_a_window_it_is_the_same(product, tmp_path, site, settings):
    python = python_with_windows()
    if not python:
        pytest.skip("no Python with tkinter, or no xvfb-run")
    port, folder = site
    settings.CASE_FILES_DIR, settings.CASE_KEYS_DIR = folder / "case-files", folder / "case-keys"
    configured(product.parent, f"http://127.0.0.1:{port}")
    saved = tmp_path / "bundle.zip"
    result = subprocess.run(
        ["xvfb-run", "-a", python, "-c", WINDOW, str(PROGRAM), str(product), str(saved), str(product.parent)],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert result.returncode == 0, result.stderr
    assert kept(folder, number_in(result.stdout))[1] == saved.read_bytes()
    bundle = in_bundle(saved)
    assert bundle["settings/settings.ini"] == b"edited in the window\n[blanked out]\n"
    assert "hardware.json" not in bundle
    assert b"seen and so sent\n" in bundle.values(), "without a press on Keep"


# Its page


@pytest.mark.django_db
def test_the_page_gives_the_wizard_and_its_digest():
    page = Client().get("/support/wizard/").content.decode()
    answer = Client().get("/support/wizard/infacta_wizard.py")
    assert sha256(answer.content) in page
    assert answer.content == PROGRAM.read_bytes()
    assert answer["Content-Disposition"] == 'attachment; filename="infacta_wizard.py"'
    assert "/support/diagnostics/schema.json" in page
    api = Client().get("/support/wizard/api/")
    assert api.status_code == 200
    assert "<table>" in api.content.decode()
    assert 'href="/support/diagnostics/schema.json"' in api.content.decode()
    assert not api.cookies
