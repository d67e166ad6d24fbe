"""The vault: what is sealed under a case's key can be read while the key is there, and by nobody afterwards."""

from collections.abc import Iterator
from uuid import uuid4

import pytest

from support.vault import files, keyring, texts

BIG = bytes(range(256)) * 4096  # 1 MB, four records


@pytest.fixture
def key() -> str:
    name = uuid4().hex
    keyring.create(name)
    return name


def test_a_text_is_read_back_and_stands_nowhere_in_plain(key):
    sealed = texts.sealed(key, "message", {"text": "my printer is on fire"})
    assert "printer" not in sealed
    assert texts.opened(key, "message", sealed) == {"text": "my printer is on fire"}


def test_a_text_opens_as_nothing_else_and_under_no_other_key(key):
    other = uuid4().hex
    keyring.create(other)
    sealed = texts.sealed(key, "message", "words")
    for name, use in ((key, "details"), (other, "message")):
        with pytest.raises(keyring.KeyGone):
            texts.opened(name, use, sealed)


def test_nothing_is_read_once_the_key_is_destroyed(key):
    sealed, name = texts.sealed(key, "message", "words"), uuid4().hex
    files.append(key, name, [BIG])
    keyring.destroy(key)
    assert not keyring.exists(key)
    with pytest.raises(keyring.KeyGone):
        texts.opened(key, "message", sealed)
    with pytest.raises(keyring.KeyGone):
        list(files.content(key, name))


def test_a_file_comes_back_as_it_was_and_lies_there_sealed(key):
    name = uuid4().hex
    written = files.append(key, name, [BIG[:10], BIG[10:]])
    assert written.size == len(BIG)
    assert b"".join(files.content(key, name)) == BIG
    stored = files.path_of(key, name).read_bytes()
    assert written.stored == len(stored)
    assert BIG[:64] not in stored


def test_a_file_is_written_on_after_an_interruption(key):
    name = uuid4().hex
    first = files.append(key, name, [BIG[:300_000]])
    with files.path_of(key, name).open("ab") as file:
        file.write(b"what a killed worker left")
    files.append(key, name, [BIG[300_000:]], first.size, first.stored)
    assert b"".join(files.content(key, name)) == BIG


@pytest.mark.parametrize("damage", ["changed", "cut", "swapped"])
def test_a_damaged_file_is_told_from_a_whole_one(key, damage):
    name = uuid4().hex
    files.append(key, name, [BIG])
    path = files.path_of(key, name)
    raw = bytearray(path.read_bytes())
    record = files.HEAD + files.PIECE + files.TAG
    if damage == "changed":
        raw[1000] ^= 1
    elif damage == "cut":
        del raw[-10:]
    else:
        raw[:record], raw[record : 2 * record] = raw[record : 2 * record], raw[:record]
    path.write_bytes(raw)
    with pytest.raises(files.Damaged):
        list(files.content(key, name))


def test_a_disk_that_is_full_leaves_the_file_as_it_was(key):
    def pieces() -> Iterator[bytes]:
        yield BIG
        raise OSError(28, "No space left on device")

    fresh, begun = uuid4().hex, uuid4().hex
    first = files.append(key, begun, [b"beginning"])
    for name, size, stored in ((fresh, 0, 0), (begun, first.size, first.stored)):
        with pytest.raises(OSError, match="No space"):
            files.append(key, name, pieces(), size, stored)
    assert not files.exists(key, fresh)
    assert b"".join(files.content(key, begun)) == b"beginning"


@pytest.mark.parametrize("name", ["../../etc/passwd", "", "A" * 32, "0" * 31, "0" * 32 + "/x", "\u0660" * 32])
def test_what_is_no_name_leads_nowhere(name):
    with pytest.raises(ValueError, match="no name"):
        keyring.path_of(name)
    with pytest.raises(ValueError, match="no name"):
        files.path_of("0" * 32, name)
