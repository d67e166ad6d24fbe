"""Charts: SVG drawn on the server by pygal, coloured by the site's own style sheet (static/charts.css).

The Content-Security-Policy allows neither styles nor scripts inside of a page, so whatever the library writes of them into its
picture is taken out again. So are its bubbles, its names of elements, which would be there twice on a page with two charts, and
its legend: ours is a list below the picture, which does not shrink with it on a phone. Without a style sheet a chart has the
colour of the text around it.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from xml.etree.ElementTree import Element

import pygal
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from pygal.style import Style

LEFT_OUT = ("style", "script", "defs", "desc", "title")
LEFT_OUT_CLASSES = ("background", "tooltip-overlay", "titles", "legends", "no_data")
LETTERS = 26  # of the 800 that a chart is wide: on a phone the style sheet writes as large as this, elsewhere smaller
PLACES = {"x": ("middle", "hanging", -LETTERS / 2), "y": ("end", "central", -LETTERS * 0.35)}
STEPS = 4  # on an axis, at most


def columns(title: str, labels: Sequence[str], series: Mapping[str, Sequence[int]], *, show: int = 8) -> SafeString:
    """Stacked columns, one for each label, with a legend; `show` labels at most are written below. A kind sentence if there is nothing."""
    highest = max((sum(column) for column in zip(*series.values(), strict=True)), default=0)
    if highest <= 0:
        return nothing()
    every = max(1, -(-len(labels) // show))
    step = step_of(highest)
    chart = pygal.StackedBar(
        x_labels=labels,
        x_labels_major=labels[::every],
        show_minor_x_labels=False,
        y_labels=list(range(0, highest + step, step)),
        **options(),
    )
    for name, values in series.items():
        chart.add(name, [value or None for value in values])
    return drawn("columns", chart, title, list(series))


def dots(title: str, series: Mapping[str, Sequence[tuple[Any, float]]]) -> SafeString:
    """Points in time, (datetime, height) each, with a legend and days below. A kind sentence if there is nothing."""
    local = {name: [(as_read(at), height) for at, height in points] for name, points in series.items()}
    moments = [at for points in local.values() for at, _height in points]
    if not moments:
        return nothing()
    chart = pygal.DateTimeLine(
        stroke=False, show_y_labels=False, x_labels=days_of(moments), x_value_formatter=lambda at: date_format(at, "j M"), **options()
    )
    for name, points in local.items():
        chart.add(name, points)
    return drawn("dots", chart, title, list(series))


def options() -> dict[str, Any]:
    return {
        "css": [],
        "js": [],
        "style": Style(label_font_size=LETTERS, major_label_font_size=LETTERS),
        "no_prefix": True,
        "disable_xml_declaration": True,
        "width": 800,
        "height": 300,
        "margin": 10,
        "dots_size": 6,
        "truncate_label": -1,
        "show_legend": False,
    }


def nothing() -> SafeString:
    return format_html('<p class="muted">{}</p>', _("There is nothing to draw yet."))


def step_of(highest: int) -> int:
    """The round number between two lines of a grid: 1, 2 or 5, or ten, a hundred … times as much."""
    size = 1
    while True:
        for factor in (1, 2, 5):
            if factor * size * STEPS >= highest:
                return factor * size
        size *= 10


def as_read(at: datetime) -> datetime:
    """The moment as a clock in the reader's time zone shows it: the library knows no zones."""
    return timezone.make_naive(at) if timezone.is_aware(at) else at


def days_of(moments: Sequence[datetime]) -> list[datetime]:
    """Midnights around these moments, a few days apart."""
    first, last = min(moments).date(), max(moments).date() + timedelta(days=1)
    step = -(-(last - first).days // STEPS)
    days: list[date] = [first + timedelta(days=number) for number in range(0, (last - first).days + step, step)]
    return [datetime.combine(day, time.min) for day in days]


def drawn(kind: str, chart: Any, title: str, names: Sequence[str]) -> SafeString:
    """The picture as <svg>, and its legend; by its kind the style sheet chooses the colours."""
    chart.add_xml_filter(bare)
    chart.add_xml_filter(lambda root: named(root, title))
    picture = mark_safe(chart.render(is_unicode=True))  # noqa: S308  (the library escapes every text that it draws)
    return format_html('<div class="chart {}">{}{}</div>', kind, picture, legend(names))


def legend(names: Sequence[str]) -> SafeString:
    square = '<rect width="12" height="12" class="color-{}" fill="currentColor" fill-opacity="{}"/>'
    swatch = f'<svg width="12" height="12" aria-hidden="true">{square}</svg>'
    rows = ((number, opacity_of(number), name) for number, name in enumerate(names))
    return format_html("<ul>{}</ul>", format_html_join("\n", f"<li>{swatch} {{}}</li>", rows))


def opacity_of(number: int) -> str:
    """Tells the series apart where no style sheet does."""
    return f"{max(0.9 - 0.3 * number, 0.15):g}"


def bare(element: Element) -> Element:
    """The picture without what the page's policy forbids, and without what nobody sees."""
    for child in list(element):
        if is_left_out(bare(child)):
            element.remove(child)
    for name, value in list(element.attrib.items()):
        if name in ("id", "style", "rx", "ry") or name.startswith("on"):
            del element.attrib[name]
        elif name in ("x", "y", "width", "height", "cx", "cy"):
            element.set(name, f"{float(value):.2f}")
        elif name == "class":
            element.set(name, value.removesuffix(" reactive tooltip-trigger"))
    return element


def is_left_out(element: Element) -> bool:
    if not isinstance(element.tag, str):  # a comment
        return True
    tag = element.tag.rpartition("}")[2]
    if tag in LEFT_OUT or any(name in LEFT_OUT_CLASSES for name in element.get("class", "").split()):
        return True
    return (tag == "g" and not len(element)) or (tag == "rect" and float(element.get("height", 0)) <= 0)


def named(root: Element, title: str) -> Element:
    """A picture with a name for those who hear it, in the colour of the text, and with labels that keep their place in any size."""
    root.attrib |= {"role": "img", "aria-label": title, "fill": "currentColor", "overflow": "visible"}
    for element in root.iter():
        classes = element.get("class", "").split()
        if classes[:1] == ["axis"] and classes[1] in PLACES:
            placed(element, *PLACES[classes[1]])
        if classes[:1] == ["series"]:
            element.set("fill-opacity", opacity_of(int(classes[1].removeprefix("serie-"))))
    return root


def placed(axis: Element, anchor: str, baseline: str, shift: float) -> None:
    """Let the labels of an axis hang from it, or stand beside it."""
    for text in axis.iterfind(".//{*}text"):
        text.attrib |= {"text-anchor": anchor, "dominant-baseline": baseline, "dy": f"{shift:g}"}
