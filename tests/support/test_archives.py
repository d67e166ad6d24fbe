"""Bundles are looked into without unpacking them: bombs, names that lead out, links, lies. None is lost, and none does harm."""

import io
import json
import stat
import struct
import time
import tracemalloc
import zipfile
from zipfile import ZIP_BZIP2, ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.models import AuditEvent
from support.desk import panels
from support.diagnostics import archives
from support.diagnostics.archives import Flag, NotToBeOpened, inspected, opened
from support.models import Case
from support.vault import files, keyring
from support.vault.reading import Reader
from tests.staff import staff_log_in
from tests.support.diagnostics import LOG, bundle, item, send


def look(content: bytes, *budget: int) -> archives.Contents:
    return inspected(io.BytesIO(content), *budget)


def flags_in(content: bytes) -> dict[str, list[Flag]]:
    return {found.path: found.flags for found in look(content).items}


def made(*entries: tuple[ZipInfo | str, bytes], method: int = ZIP_DEFLATED) -> bytes:
    """A ZIP file with these entries and a manifest that names them."""
    held = io.BytesIO()
    names = [entry if isinstance(entry, str) else entry.filename for entry, _content in entries]
    with ZipFile(held, "w", method) as archive:
        items = [item(name, content) for name, (_entry, content) in zip(names, entries, strict=True)]
        archive.writestr("manifest.json", json.dumps({"format": "infacta-diagnostics-1", "items": items}))
        for entry, content in entries:
            archive.writestr(entry, content)
    return held.getvalue()


def test_what_the_wizard_makes_is_as_told():
    contents = look(bundle({"logs/app.log": LOG, "settings.ini": b"[a]\nb=1\n"}))
    assert contents.is_as_told
    assert [(found.path, found.size, found.flags) for found in contents.items] == [("logs/app.log", len(LOG), []), ("settings.ini", 8, [])]
    found, pieces = opened(io.BytesIO(bundle()), 1)
    assert (found.path, b"".join(pieces)) == ("logs/app.log", LOG)


def test_what_the_manifest_says_is_not_believed():
    lie = item("a.log", b"12345", size=4)
    digest = item("b.log", b"12345", sha256="0" * 64)
    contents = look(bundle({"a.log": b"12345", "b.log": b"12345", "c.log": b"5"}, [lie, digest, item("d.log")]))
    assert {found.path: found.flags for found in contents.items} == {
        "a.log": [Flag.CHANGED],
        "b.log": [Flag.CHANGED],
        "c.log": [Flag.UNNAMED],
        "d.log": [Flag.MISSING],
    }
    assert not contents.is_as_told
    assert look(bundle({}, [{"id": "x"}])).flags == [Flag.NO_MANIFEST]


@pytest.mark.parametrize(
    "content", [b"", b"no archive at all", b"PK\3\4" + bytes(100), bundle()[:-30], bundle()[30:-5], b"\x1f\x8b" + bytes(50)]
)
def test_what_is_no_zip_file_is_told(content):
    assert look(content).flags == [Flag.NO_ZIP]


def test_one_that_is_cut_off_in_the_middle_is_told():
    content = bundle({"a.log": bytes(range(256)) * 100}, seal=ZIP_STORED)
    for cut in range(1, len(content), 997):
        assert look(content[:cut]).flags == [Flag.NO_ZIP]


def test_a_bomb_is_not_read():
    content = made(("zeros.log", bytes(30_000_000)))
    assert len(content) < 60_000
    tracemalloc.start()
    contents = look(content)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert contents.items[0].flags == [Flag.BOMB]
    assert most < 5_000_000
    with pytest.raises(NotToBeOpened):
        opened(io.BytesIO(content), 1)


def test_many_that_add_up_to_a_bomb_are_not_read(monkeypatch):
    monkeypatch.setattr(archives, "MOST_EXPANDED", 1_000_000)
    contents = look(made(*((f"{number}.log", bytes(range(256)) * 1000) for number in range(5))))
    assert contents.flags == [Flag.BOMB]
    with pytest.raises(NotToBeOpened):
        opened(io.BytesIO(made(*((f"{number}.log", bytes(range(256)) * 1000) for number in range(5)))), 1)


def test_an_entry_that_says_it_is_smaller_than_it_is_gives_nothing():
    content = bytearray(made(("a.log", bytes(range(256)) * 4000)))
    at = content.rfind(b"PK\1\2")
    struct.pack_into("<L", content, at + 24, 1000)
    contents = look(bytes(content))
    assert Flag.DAMAGED in contents.items[0].flags
    _found, pieces = opened(io.BytesIO(bytes(content)), 1)
    with pytest.raises(zipfile.BadZipFile):
        next(pieces)


def test_entries_that_lie_over_each_other_are_refused():
    content = bytearray(made(("a.log", LOG), ("b.log", LOG)))
    first = content.find(b"PK\1\2")
    second = content.find(b"PK\1\2", first + 4)
    third = content.find(b"PK\1\2", second + 4)
    content[third + 42 : third + 46] = content[second + 42 : second + 46]
    contents = look(bytes(content))
    assert Flag.OVERLAPS in contents.flags
    assert not any(found.may_be_opened for found in contents.items)


def test_an_archive_in_it_is_not_opened():
    inner = bundle()
    for name in ("inner.zip", "inner.log"):
        assert flags_in(made((name, inner)))[name] == [Flag.NESTED]


def test_one_that_holds_itself_costs_no_more_than_one_that_does_not():
    """As a quine does: on and on for whoever unpacks what comes out."""
    content = bundle()
    for _depth in range(30):
        content = made(("again.zip", content))
    began = time.perf_counter()
    assert flags_in(content) == {"again.zip": [Flag.NESTED]}
    assert time.perf_counter() - began < 1


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "C:/Windows/x", "a/../../b", "..\\..\\x", "\\\\host\\x", "folder/"])
def test_names_that_lead_out_are_flagged(name):
    content = made((ZipInfo(name), b"x" if not name.endswith("/") else b""))
    assert Flag.UNSAFE_NAME in look(content).items[0].flags


def test_a_link_is_no_file():
    link = ZipInfo("app.log")
    link.create_system, link.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    content = made((link, b"/etc/passwd"))
    assert flags_in(content) == {"app.log": [Flag.LINK]}
    with pytest.raises(NotToBeOpened):
        opened(io.BytesIO(content), 1)


def test_what_is_encrypted_or_packed_in_another_way_is_not_opened():
    content = bytearray(made(("a.log", LOG)))
    content[content.rfind(b"PK\1\2") + 8] |= 1
    assert flags_in(bytes(content)) == {"a.log": [Flag.ENCRYPTED]}
    assert Flag.METHOD in flags_in(made(("a.log", LOG), method=ZIP_BZIP2))["a.log"]


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_of_one_name_are_flagged():
    assert Flag.TWICE in look(made(("a.log", b"1"), ("a.log", b"2"))).items[0].flags


def test_very_many_entries_are_not_even_listed():
    held = io.BytesIO()
    with ZipFile(held, "w", allowZip64=True) as archive:
        for number in range(100_000):
            archive.writestr(ZipInfo(str(number)), b"")
    content = held.getvalue()
    began = time.perf_counter()
    tracemalloc.start()
    assert look(content).flags == [Flag.TOO_MANY]
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 3_000_000
    assert time.perf_counter() - began < 1


def test_an_end_that_lies_about_their_number_does_not_help():
    held = io.BytesIO()
    with ZipFile(held, "w") as archive:
        for number in range(600):
            archive.writestr(ZipInfo(str(number)), b"")
    content = bytearray(held.getvalue())
    struct.pack_into("<2H", content, len(content) - 14, 1, 1)
    assert look(bytes(content)).flags == [Flag.TOO_MANY]


def test_what_is_not_checked_yet_is_told():
    contents = look(bundle(), 10)
    assert [found.flags for found in contents.items] == [[Flag.UNREAD]]
    assert contents.is_as_told


@settings(max_examples=150, deadline=None)
@given(st.binary(min_size=1, max_size=6), st.integers(0, len(bundle()) - 1))
def test_no_damage_breaks_the_reading(damage, place):
    content = bytearray(bundle())
    content[place : place + len(damage)] = damage
    contents = look(bytes(content))
    for found in contents.items:
        if found.number is not None:
            try:
                b"".join(opened(io.BytesIO(bytes(content)), found.number)[1])
            except (NotToBeOpened, *archives.UNREADABLE):
                pass


def test_a_sealed_file_is_read_from_anywhere_in_it(own_disk):
    key, name, content = "0" * 32, "1" * 32, bytes(range(256)) * 5000
    keyring.create(key)
    size = stored = 0
    for start, end in ((0, 700_000), (700_000, 700_001), (700_001, len(content))):
        size, stored, _sha256 = files.append(key, name, [content[start:end]], size, stored)
    with io.BufferedReader(Reader(key, name)) as reader:
        assert reader.read() == content
        for at in (0, 1, 262_143, 262_144, 699_999, 700_000, 700_001, len(content) - 1):
            reader.seek(at)
            assert reader.read(1000) == content[at : at + 1000]
        assert reader.seek(-5, io.SEEK_END) == len(content) - 5
        assert reader.read() == content[-5:]


# At the desk


@pytest.fixture
def case(db, sam) -> Case:
    send(bundle())
    case = Case.objects.get()
    case.assigned_to = sam
    case.save(update_fields=["assigned_to"])
    return case


def address(case: Case, *number: int) -> str:
    return "/".join(["/staff/desk", case.reference, "diagnostics", str(case.files.get().pk), *map(str, number), ""])


def test_whoever_works_on_the_case_opens_an_item_and_it_is_recorded(case, sam):
    answer = staff_log_in(sam).post(address(case, 1))
    assert b"".join(answer.streaming_content) == LOG
    assert answer["Content-Disposition"] == 'attachment; filename="app.log"'
    assert (answer["Content-Type"], answer["X-Content-Type-Options"]) == ("application/octet-stream", "nosniff")
    event = AuditEvent.objects.get(kind="case.file_opened")
    assert event.actor == sam
    assert event.detail == {"case": case.reference, "file": case.files.get().pk, "item": 1, "role": "Support"}


def test_nobody_else_does(case, sam, ada, alice):
    client = staff_log_in(ada)
    assert client.post(address(case, 1)).status_code == client.post(address(case)).status_code == 404
    case.assigned_to = None
    case.save(update_fields=["assigned_to"])
    sams = staff_log_in(sam)
    assert sams.post(address(case, 1)).status_code == 404
    assert not AuditEvent.objects.filter(kind="case.file_opened").exists()


def test_what_is_not_there_is_not_found(case, sam):
    client = staff_log_in(sam)
    assert client.post(address(case, 7)).status_code == 404
    keyring.destroy(case.key_name)
    assert client.post(address(case, 1)).status_code == 404
    assert "cannot be read any more" in client.post(address(case)).content.decode()


def test_all_of_it_is_checked_on_demand(case, sam):
    page = staff_log_in(sam).post(address(case)).content.decode()
    assert "It is as its manifest says." in page
    assert "logs/app.log" in page


def test_the_panel_shows_a_bundle_that_is_none(db, sam, rf):
    hostile = b"<script>alert(1)</script>"
    send(hostile)
    request = rf.get("/")
    request.user = sam
    shown = panels.shown_for(request, Case.objects.get())
    assert "no ZIP file" in "".join(shown)


def test_what_stands_in_a_bundle_is_never_markup(db, sam, rf):
    name = "<img src=x onerror=alert(1)>.log"
    send(bundle({name: LOG}, [item(name, title="<b>bold</b>")]))
    request = rf.get("/")
    request.user = sam
    shown = "".join(panels.shown_for(request, Case.objects.get()))
    assert "<img" not in shown
    assert "<b>bold" not in shown
    assert "&lt;b&gt;bold" in shown


def test_a_manifest_that_lies_about_its_size_fills_no_memory():
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("manifest.json", "w") as manifest:
        for _megabyte in range(100):
            manifest.write(bytes(2**20))
    content = bytearray(held.getvalue())
    at = content.rfind(b"PK\1\2") + 24
    content[at : at + 4] = content[22:26] = (1000).to_bytes(4, "little")
    tracemalloc.start()
    found = archives.inspected(io.BytesIO(bytes(content)))
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert Flag.NO_MANIFEST in found.flags
    assert most < 10 * 2**20, "600 MB would be there if it were read whole"
