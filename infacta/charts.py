"""Charts: SVG drawn on the server by pygal, coloured by the site's own style sheet.

The Content-Security-Policy allows neither styles nor scripts inside of a page, so those that the library writes into its
picture are taken out again.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from xml.etree.ElementTree import Element

import pygal
from django.utils.safestring import SafeString, mark_safe

CODE = ("style", "script")


def columns(title: str, labels: Sequence[str], series: Mapping[str, Sequence[int]], *, show: int = 8) -> SafeString:
    """Stacked columns, one for each label, as an <svg> element; `show` labels at most are written below it."""
    every = max(1, -(-len(labels) // show))
    chart = pygal.StackedBar(x_labels=labels, x_labels_major=labels[::every], show_minor_x_labels=False, **options())
    for name, values in series.items():
        chart.add(name, list(values))
    return drawn(chart, title)


def dots(title: str, series: Mapping[str, Sequence[tuple[Any, float]]]) -> SafeString:
    """Points in time, one row of dots for each series, as an <svg> element."""
    chart = pygal.DateTimeLine(stroke=False, show_y_labels=False, x_value_formatter=lambda at: at.strftime("%d %b"), **options())
    for name, points in series.items():
        chart.add(name, list(points))
    return drawn(chart, title)


def options() -> dict[str, Any]:
    return {
        "css": [],
        "js": [],
        "no_prefix": True,
        "disable_xml_declaration": True,
        "width": 800,
        "height": 240,
        "margin": 10,
        "legend_at_bottom": True,
        "legend_at_bottom_columns": 3,
        "no_data_text": "",
    }


def drawn(chart: Any, title: str) -> SafeString:
    chart.add_xml_filter(without_code)
    chart.add_xml_filter(lambda root: named(root, title))
    return mark_safe(chart.render(is_unicode=True))  # noqa: S308  (the library escapes every text that it draws)


def without_code(root: Element) -> Element:
    """The picture without what the policy of the page forbids."""
    for parent in list(root.iter()):
        for child in list(parent):
            if isinstance(child.tag, str) and child.tag.rpartition("}")[2] in CODE:
                parent.remove(child)
        parent.attrib.pop("style", None)
    return root


def named(root: Element, title: str) -> Element:
    """A picture with a name, for those who hear it."""
    root.attrib.pop("id", None)
    root.attrib |= {"role": "img", "aria-label": title}
    return root
