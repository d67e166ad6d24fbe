"""Markdown as staff write it, and as somebody would who means harm: what comes out is safe, and no page breaks by it."""

import time

import pytest
from django.template import engines
from hypothesis import given, settings
from hypothesis import strategies as st

from infacta.markdown import ATTRIBUTES, TAGS, rendered
from tests.pages import Tags

PIECES = st.sampled_from(
    [
        *("<script>", "</p>", "[x](", "javascript:", "data:text/html,", ")", "![", "](", "http://a.example", "<a onclick=x>", "`", "```\n"),
        *(
            "> ",
            "&#106;avascript:",
            "&lt;img src=x onerror=y&gt;",
            "# ",
            "\n",
            "\n\n",
            "| a | b |\n|:-:|--:|\n",
            "~~",
            "**",
            '"',
            "'",
            "<!--",
        ),
        *("\x00", "\u202e"),
    ]
)


def assert_safe(html: str) -> None:
    for tag, attributes in Tags(html).found:
        assert tag in TAGS
        assert set(attributes) <= ATTRIBUTES.get(tag, set()) | ({"rel"} if tag == "a" else set())
        if "href" in attributes:
            assert attributes["rel"] == "nofollow noopener"
            assert (
                attributes["href"].partition(":")[0].lower() in ("http", "https", "mailto") or ":" not in attributes["href"].split("/")[0]
            )


@settings(max_examples=300, deadline=None)
@given(st.lists(PIECES | st.text(max_size=8), max_size=25).map("".join))
def test_whatever_is_written_only_harmless_tags_come_out(text):
    assert_safe(rendered(text))


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt&#58;alert(1))",
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
        "<javascript:alert(1)>",
        "![x](https://spy.example/pixel.png)",
        "[x]: vbscript:x\n\n[x]",
        '[x](https://a.example "\\" onmouseover=alert(1) x=\\"")',
        '```"><script>\n</code></pre><script>alert(1)</script>\n```',
        "| a |\n|--:|\n| <style>*{}</style> |",
    ],
)
def test_what_would_do_harm_does_none(text):
    html = rendered(text)
    assert_safe(html)
    assert "<script" not in html
    assert "<img" not in html
    assert "style=" not in html


def test_the_second_wall_holds_where_the_first_is_open(monkeypatch):
    monkeypatch.setitem(rendered.__wrapped__.__globals__["reader"].options, "html", True)
    html = rendered.__wrapped__("<p onclick=x>a</p>\n\n<script>alert(1)</script>\n\n<iframe src=https://a.example></iframe>")
    assert_safe(html)
    assert "alert" not in html


def test_what_a_release_note_needs_is_there():
    html = rendered(
        "Faster, and **exact**.\n\n- one\n- two\n\n| a | b |\n|---|--:|\n| 1 | 2 |\n\n~~gone~~ `code` [more](https://a.example/)"
    )
    for part in ("<strong>exact</strong>", "<li>one</li>", "<td>2</td>", "<s>gone</s>", "<code>code</code>"):
        assert part in html
    assert '<a href="https://a.example/" rel="nofollow noopener">more</a>' in html


def test_a_picture_is_its_words():
    assert rendered("Before ![the new *window*](https://a.example/w.png) after") == "<p>Before the new window after</p>\n"


@pytest.mark.parametrize(
    ("text", "first", "tags"),
    [
        ("# a\n## b", 3, ["h3", "h4"]),
        ("### a\n###### b\n### c", 4, ["h4", "h5", "h4"]),
        ("# a\n## b\n### c\n#### d", 4, ["h4", "h5", "h6", "h6"]),
    ],
)
def test_headings_begin_below_the_pages_own_and_leave_out_none(text, first, tags):
    assert [tag for tag, _attributes in Tags(rendered(text, first)).found] == tags


@pytest.mark.parametrize("piece", ["> ", "[", "![", "*_", "`", "- ", "<", "&", "| ", "[a](", "\\", "~~"])
def test_a_long_text_of_one_sign_takes_no_long_time(piece):
    began = time.monotonic()
    assert_safe(rendered((piece * 20_000)[:20_000]))
    assert time.monotonic() - began < 5


def test_templates_have_it_as_a_filter():
    template = engines["django"].from_string("{% load markdown %}{{ text|markdown:4 }}")
    assert template.render({"text": "# <b>"}) == "<h4>&lt;b&gt;</h4>\n"
