"""The end of a ZIP file, looked at before `zipfile` is: that reads the whole list of entries into memory, however long it says it is."""

import io
import struct
import zipfile
from typing import BinaryIO

END = struct.Struct("<4s4H2LH")
SIGNATURE, LOCATOR, LOCATOR_SIZE = b"PK\5\6", b"PK\6\7", 20
LONGEST_COMMENT = 0xFFFF
BYTES_OF_AN_ENTRY = 2048  # more than the names and dates of any log take


class NotLookedInto(Exception):
    """It says that it has more entries than are looked at, or is of the kind for more than four gigabytes."""


def demand_plain_end(file: BinaryIO, most: int) -> None:
    """Raises NotLookedInto, or BadZipFile where there is no end."""
    size = file.seek(0, io.SEEK_END)
    start = max(0, size - END.size - LONGEST_COMMENT - LOCATOR_SIZE)
    file.seek(start)
    tail = file.read(size - start)
    for at in places_of_the_end(tail):
        _signature, _disk, _start, _here, entries, length, _offset, _comment = END.unpack_from(tail, at)
        has_locator = tail[max(0, at - LOCATOR_SIZE) : at][:4] == LOCATOR
        if has_locator or entries > most or length > most * BYTES_OF_AN_ENTRY:
            raise NotLookedInto


def places_of_the_end(tail: bytes) -> set[int]:
    """Wherever `zipfile` may look for it: at the very end, or else the last that looks like one."""
    found = {len(tail) - END.size, tail.rfind(SIGNATURE)}
    places = {at for at in found if 0 <= at <= len(tail) - END.size and tail[at : at + 4] == SIGNATURE}
    if not places:
        raise zipfile.BadZipFile("no end")
    return places
