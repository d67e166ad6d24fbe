"""Charts: pictures that a strict Content-Security-Policy lets through, with a name, and with labels that a person can read."""

import re
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree

import pytest
from django.utils import timezone

from infacta.charts import columns, days_of, dots, step_of

HOSTILE = "<script>alert('x')</script> & \"friends\""
DAYS = [f"{number} May" for number in range(1, 31)]
MOMENTS = [(datetime(2026, 5, 3, 14, 2, tzinfo=UTC), 1), (datetime(2026, 5, 20, 9, 0, tzinfo=UTC), 2)]


def parsed(chart: str) -> ElementTree.Element:
    """The chart, which must be well-formed."""
    return ElementTree.fromstring(chart)


def tags(chart: str) -> list[str]:
    return [element.tag.rpartition("}")[2] for element in parsed(chart).iter()]


def texts(chart: str) -> list[str]:
    return [element.text or "" for element in parsed(chart).iter("{http://www.w3.org/2000/svg}text")]


def bars(chart: str) -> list[ElementTree.Element]:
    return [element for element in parsed(chart).iter("{http://www.w3.org/2000/svg}rect") if "rect" in element.get("class", "")]


@pytest.fixture(params=["columns", "dots"])
def chart(request) -> str:
    if request.param == "columns":
        return columns(HOSTILE, [HOSTILE, *DAYS], {HOSTILE: [1] + [2] * 30, "other": [0] + [1] * 30})
    return dots(HOSTILE, {HOSTILE: MOMENTS, "other": MOMENTS})


def test_nothing_in_a_chart_is_code_or_style(chart):
    assert not {"script", "style", "defs", "foreignObject", "a", "image", "use"} & set(tags(chart))
    for element in parsed(chart).iter():
        for name, value in element.attrib.items():
            assert name not in ("style", "id"), "no style; and no id, for two charts may stand on one page"
            assert not name.lower().startswith("on")
            assert "url(" not in value
            assert "javascript:" not in value


def test_whatever_it_is_told_is_text(chart):
    root = parsed(chart)
    svg = root.find("{http://www.w3.org/2000/svg}svg")
    assert (svg.get("role"), svg.get("aria-label")) == ("img", HOSTILE)
    assert [item.text or next(iter(item)).tail.strip() for item in root.iter("li")] == [HOSTILE, "other"]
    assert "<script" not in chart


def test_a_chart_names_no_tool_and_no_bubbles(chart):
    assert not {"title", "desc"} & set(tags(chart))
    assert "<!--" not in chart
    assert "pygal.org" not in chart


def test_columns_stand_for_their_numbers():
    heights = [float(bar.get("height")) for bar in bars(columns("t", ["a", "b", "c"], {"one": [1, 0, 4]}))]
    assert heights[1] / heights[0] == pytest.approx(4, rel=0.01), "what is nothing is not drawn, and the others are in proportion"


def test_columns_stand_on_each_other():
    first, second = bars(columns("t", ["a"], {"one": [1], "two": [3]}))
    assert float(second.get("y")) + float(second.get("height")) == pytest.approx(float(first.get("y")), abs=0.1)


@pytest.mark.parametrize(("highest", "written"), [(1, ["0", "1"]), (3, ["0", "1", "2", "3"]), (7, ["0", "2", "4", "6", "8"])])
def test_the_grid_has_whole_numbers_alone(highest, written):
    assert [text for text in texts(columns("t", ["a"], {"one": [highest]})) if text != "a"] == written


@pytest.mark.parametrize("highest", [1, 2, 4, 5, 9, 10, 11, 99, 100, 4_321, 10**9])
def test_steps_are_round_and_few(highest):
    step = step_of(highest)
    assert re.fullmatch("[125]0*", str(step))
    assert -(-highest // step) <= 4


def test_few_labels_are_written_and_none_is_cut_off():
    written = [text for text in texts(columns("t", DAYS, {"one": [1] * 30}, show=4)) if "May" in text]
    assert written == ["1 May", "9 May", "17 May", "25 May"]


def test_dots_lie_in_time_over_the_days_of_the_reader():
    with timezone.override("Pacific/Auckland"):
        chart = dots("t", {"one": [(datetime(2026, 5, 3, 23, 0, tzinfo=UTC), 1)]})
    assert texts(chart) == ["4 May", "5 May"]
    assert tags(chart).count("circle") == 1


def test_days_below_dots_are_few_and_embrace_them():
    moments = [datetime(2026, 5, 3, 14) + timedelta(days=day) for day in (0, 88)]
    days = days_of(moments)
    assert days[0] <= moments[0] < moments[1] <= days[-1]
    assert len(days) == 5


@pytest.mark.parametrize(
    "empty",
    [columns("t", [], {}), columns("t", DAYS, {"one": [0] * 30}), columns("t", [], {"one": []}), dots("t", {}), dots("t", {"one": []})],
)
def test_of_nothing_a_sentence_is_drawn(empty):
    assert empty == '<p class="muted">There is nothing to draw yet.</p>'


def test_a_picture_of_90_days_is_small():
    chart = columns("t", [f"day {number}" for number in range(90)], {name: [1, 2, 3] * 30 for name in ("one", "two", "three")})
    assert len(chart) < 50_000
