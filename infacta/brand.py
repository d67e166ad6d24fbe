"""The vendor's colours and pictures: whether they can be read on the site's grounds, and whether a picture may be shown.

The measure is WCAG 2.2, 1.4.3: text needs a contrast of 4.5 to 1 with what it stands on; contrast and luminance are computed as defined there.
This module needs no settings: they are checked by it.
"""

import colorsys
import re
import struct
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from xml.etree import ElementTree

NEEDED = 4.5
LIGHT_GROUNDS = ("#fdfdfb", "#f4f4ef", "#ffffff")
"""What text in the accent colour stands on by day: --paper and --sheet of static/site.css, and the staff area's."""
DARK_GROUNDS = ("#151719", "#1e2124", "#212121")
"""The same by night."""
WHITE, BLACK = "#ffffff", "#0c1416"
LARGEST_PICTURE = 200_000  # bytes


class BadPicture(Exception):
    """What a picture's file holds cannot be shown. The text says why, and what to do."""


def luminance(colour: str) -> float:
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """From 1 (the same) to 21 (black on white)."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def least_contrast(colour: str, *, dark: bool) -> float:
    return min(contrast(colour, ground) for ground in (DARK_GROUNDS if dark else LIGHT_GROUNDS))


def nearest_readable(colour: str, *, dark: bool) -> str:
    """The colour itself, or else the one of its hue that is just dark (by night: light) enough to be read."""
    hue, lightness, saturation = colorsys.rgb_to_hls(*(int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)))
    while least_contrast(colour, dark=dark) < NEEDED:
        lightness = min(1.0, lightness + 0.01) if dark else max(0.0, lightness - 0.01)
        colour = "#" + "".join(f"{round(value * 255):02x}" for value in colorsys.hls_to_rgb(hue, lightness, saturation))
    return colour


def ink_on(colour: str) -> str:
    """White or black, whichever is read better on the colour."""
    return max((WHITE, BLACK), key=lambda ink: contrast(ink, colour))


def contrast_problem(colour: str, *, dark: bool) -> str:
    """What is wrong with an accent colour, as the end of a sentence; "" for one that can be read on the site's grounds."""
    if not re.fullmatch(r"#[0-9a-f]{6}", colour):
        return "is no colour: write it as # and six hexadecimal digits, such as #0b5563."
    found = least_contrast(colour, dark=dark)
    if found >= NEEDED:
        return ""
    near, ground = nearest_readable(colour, dark=dark), "dark" if dark else "light"
    return f"cannot be read on the site's {ground} ground (contrast {found:.1f}, needed {NEEDED}): the nearest that can is {near}."


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
    if len(content) > LARGEST_PICTURE:
        raise BadPicture(f"it has {len(content)} bytes: every page shows it, so make it smaller than {LARGEST_PICTURE}.")
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
