"""The vendor's pictures: SVG or PNG, and nothing in them that a page must not show. This module needs no settings: they are checked by it."""

import re
import struct
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from xml.etree import ElementTree

LARGEST = 200_000  # bytes


class BadPicture(Exception):
    """What a picture's file holds cannot be shown. The text says why, and what to do."""


@dataclass(frozen=True)
class Picture:
    content: bytes
    type: str
    width: int
    height: int

    @property
    def digest(self) -> str:
        return sha256(self.content).hexdigest()[:12]

    @property
    def ending(self) -> str:
        return "svg" if self.type == "image/svg+xml" else "png"


def read_picture(path: Path) -> Picture:
    """The SVG or PNG of this file. Raises BadPicture, for one that brings scripts or other files along too."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise BadPicture(f"it cannot be read: {error.strerror}.") from error
    if len(content) > LARGEST:
        raise BadPicture(f"it has {len(content)} bytes: every page shows it, so make it smaller than {LARGEST}.")
    if content.startswith(b"\x89PNG\r\n\x1a\n") and len(content) > 24:
        width, height = struct.unpack(">II", content[16:24])
        return Picture(content, "image/png", *whole(width, height))
    return Picture(content, "image/svg+xml", *size_of_svg(content))


def size_of_svg(content: bytes) -> tuple[int, int]:
    """Width and height, looking for what a picture has no use for: DTDs, scripts, and addresses outside of itself."""
    if re.search(rb"<!(DOCTYPE|ENTITY)", content, re.IGNORECASE):
        raise BadPicture("it has a DOCTYPE, as old programs write it: export it again as plain SVG.")
    if b"\0" in content or re.search(rb"<\?xml-|<\?xml[^>]*encoding\s*=\s*[\"'](?!utf-8[\"'])", content, re.IGNORECASE):
        raise BadPicture("it is not in UTF-8, or names a stylesheet: export it again as plain SVG in UTF-8.")
    try:
        root = ElementTree.fromstring(content)  # noqa: S314 (no DTD, so no entities; expat fetches nothing)
    except ElementTree.ParseError as error:
        raise BadPicture("it is neither a PNG nor an SVG: export it as one of them.") from error
    if root.tag != "{http://www.w3.org/2000/svg}svg":
        raise BadPicture("it is neither a PNG nor an SVG: export it as one of them.")
    for element in root.iter():
        refuse_active(element)
    box = [float(number) for number in re.findall(r"-?(?:\d+\.?\d*|\.\d+)(?:e-?\d+)?", root.get("viewBox", ""))]
    sides = [float(found[0]) for side in ("width", "height") if (found := re.findall(r"^\d+(?:\.\d+)?(?=(?:px)?$)", root.get(side, "")))]
    if len(sides) != 2 and len(box) != 4:
        raise BadPicture("it does not say its size: export it with a viewBox.")
    return whole(*(box[2:] if len(box) == 4 else sides))


def refuse_active(element: ElementTree.Element) -> None:
    name = element.tag.rpartition("}")[2].lower() if isinstance(element.tag, str) else ""
    if name in ("script", "foreignobject", "iframe", "handler", "listener"):
        raise BadPicture(f"it has a <{name}> in it: export it without scripts.")
    for attribute, value in element.attrib.items():
        local = attribute.rpartition("}")[2].lower()
        if local.startswith("on") or (local == "attributename" and value.strip().lower().startswith("on")):
            raise BadPicture(f"it has a script in {local}: export it without scripts.")
        if local == "attributename" and value.strip().rpartition(":")[2].lower() == "href":
            raise BadPicture("it changes where a link leads: export it without animated links.")
        if local in ("href", "src") and not value.startswith(("#", "data:image/")):
            raise BadPicture(f"it fetches {value[:60]!r}: a picture must hold all that it shows.")
    written = "".join(element.itertext()) if name == "style" else ""
    styles = " ".join([written, *element.attrib.values()])
    fetching = r"@import|image-set\(|url\(\s*['\"]?(?!\s*['\"]?(#|data:image/))"
    if "\\" in written + element.get("style", "") or re.search(fetching, styles, re.IGNORECASE):
        raise BadPicture("a style in it fetches something from elsewhere: a picture must hold all that it shows.")


def whole(width: float, height: float) -> tuple[int, int]:
    if not (0 < width < 100_000 and 0 < height < 100_000):
        raise BadPicture("it has no size that a page could give it room for.")
    return max(1, round(width)), max(1, round(height))
