"""Whether a colour of the vendor's can be read on the site's grounds.

The measure is WCAG 2.2, 1.4.3: text needs a contrast of 4.5 to 1 with what it stands on; contrast and luminance are computed as defined there.
This module needs no settings: they are checked by it.
"""

import colorsys
import re

NEEDED = 4.5
LIGHT_GROUNDS = ("#fdfdfb", "#f4f4ef", "#ffffff")
"""What text in the accent colour stands on by day: --paper and --sheet of static/site.css, and the staff area's."""
DARK_GROUNDS = ("#151719", "#1e2124", "#212121")
"""The same by night."""
WHITE, BLACK = "#ffffff", "#0c1416"


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
