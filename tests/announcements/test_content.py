"""Both parts of an announcement, made from one source."""

import pytest

from announcements.placeholders import MEANING
from announcements.writing.content import contents
from downloads.models import Release
from tests.announcements.writing import make_announcement

pytestmark = pytest.mark.django_db
BODY = """# What is new

Notebook prints in **landscape**, see [the page](/products/notebook/) or <https://vendor.example/more>.

1. first
2. second
   - nested

> quoted

| a | b |
| - | - |
| 1 | 2 |

    code
"""


@pytest.fixture(autouse=True)
def site(settings):
    settings.SITE_URL, settings.VENDOR_ADDRESS = "https://site.example", "Vendor Ltd, 1 Quay Street, Galway"


def parts(**values: object) -> dict[str, str]:
    made = contents(make_announcement(**values))
    return {"text": made.text, "html": made.html}


def test_text_says_the_same_as_html():
    made = parts(body=BODY)
    for said in (
        "What is new\n===========",
        "see the page\n(https://site.example/products/notebook/) or\nhttps://vendor.example/more.",
        "1. first\n2. second\n   - nested",
        "> quoted",
        "a | b\n1 | 2",
        "    code",
    ):
        assert said in made["text"], made["text"]
    for said in (
        ">What is new</h2>",
        'href="https://site.example/products/notebook/"',
        'href="https://vendor.example/more"',
        "<blockquote",
    ):
        assert said in made["html"]


def test_what_everybody_must_find_is_in_both_parts_and_stays_a_placeholder():
    for part in parts().values():
        for name in MEANING.keys() - {"email"}:
            assert f"{{{{ {name} }}}}" in part
        assert "Vendor Ltd, 1 Quay Street, Galway" in part
        assert "Remove me from all mailings" in part


def test_the_mail_fetches_nothing_and_tells_nobody_that_it_was_read():
    html = parts(body="![a picture](https://spy.example/1.gif) <img src=https://spy.example/2.gif> [x](https://vendor.example/?a=1&b=2)")[
        "html"
    ]
    for forbidden in ("<img", "<link", "<script", "@import", "url(", 'src="'):
        assert forbidden not in html
    assert "a picture" in html
    assert 'href="https://vendor.example/?a=1&amp;b=2"' in html, "links lead where staff wrote that they lead"


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        "[x](javascript:alert(1))",
        "[x](data:text/html,<script>alert(1)</script>)",
        '[x](https://a.example "><script>alert(1)</script>")',
        "<a href=https://a.example onclick=alert(1)>x</a>",
        "</style><script>alert(1)</script>",
        "<style>body{display:none}</style>",
        '<https://a.example/"onmouseover=alert(1)>',
    ],
)
def test_markdown_is_hostile_until_proved_otherwise(hostile):
    html = parts(body=hostile, subject=hostile[:150], preheader=hostile[:150])["html"].lower()
    assert "<script" not in html
    assert html.count("<style") == html.count("</style") == 1
    for written in ('="javascript:', '="data:', " onclick=alert", " onmouseover=", "body{display"):
        assert written not in html.replace("&lt;a href=https://a.example onclick=alert", "").replace("&lt;style&gt;body{display", "")


def test_styles_stand_in_the_elements_and_dark_and_narrow_in_the_head():
    html = parts()["html"]
    assert '<p style="margin: 0 0 16px' in html
    assert "prefers-color-scheme: dark" in html
    assert "max-width: 480px" in html
    assert "class=" in html


def test_products_and_releases_that_were_picked(notebook, mailer):
    announcement = make_announcement()
    release = Release.objects.create(product=notebook, version="2.0", notes="# New\n\n" + "It prints. " * 40 + "\n\n" + "It draws. " * 40)
    hidden = Release.objects.create(product=mailer, version="3.0", notes="- *faster*")
    type(mailer).objects.filter(pk=mailer.pk).update(is_public=False)
    announcement.products.add(notebook)
    announcement.releases.add(release, hidden)
    made = contents(announcement)
    for part in (made.text, made.html):
        assert "Notebook does one thing well." in part
        assert "https://site.example/products/notebook/changelog/#v2.0" in part
        assert "https://site.example/products/notebook/" in part
        assert "Read the rest" in part
        assert "It prints." in part
        assert "It draws." not in part, "notes are shortened"
        assert "Mailer 3.0" in part
        assert "/products/mailer/" not in part, "it has no page that visitors see"
    assert "- faster" in made.text


def test_placeholders_in_the_body_in_links_and_at_the_end_of_lines():
    made = parts(
        body="Hello {{ greeting }} "
        + "word " * 11
        + "{{email}} [leave](<{{ leave_url }}>) [again]({{leave_url}}) [as told]({{ leave_url }})"
    )
    for part in made.values():
        assert "{{ email }}" in part
    assert made["html"].count("{{ greeting }}") == made["text"].count("{{ greeting }}") == 1, "who greets is not greeted twice"
    assert made["html"].count('href="{{ leave_url }}"') == 4
    assert "leave\n({{ leave_url }})" in made["text"] or "leave ({{ leave_url }})" in made["text"]


def test_filled_in_html_a_name_is_words():
    made = contents(make_announcement(subject="For {{ email }}")).filled(
        {"greeting": "Dear <b>Ann</b> & {{ email }},", "email": "a@b.example"}
    )
    assert "Dear <b>Ann</b> & {{ email }}," in made.text, "what is put in is not read again"
    assert "Dear &lt;b&gt;Ann&lt;/b&gt; &amp; {{ email }}," in made.html
    assert made.subject == "For a@b.example"


def test_every_script_comes_through_and_from_the_right_where_it_is_read_so(settings):
    settings.LANGUAGES = [("en", "English"), ("he", "עברית")]
    made = parts(subject="שלום עולם", body="**נוטבוק** 2 – 日本語 é 🙂", language="he")
    assert 'dir="rtl"' in made["html"]
    for part in made.values():
        assert "日本語 é 🙂" in part
    assert "<strong>נוטבוק</strong>" in made["html"]


def test_a_subject_is_one_line():
    assert contents(make_announcement(subject="Notebook 2\r\nBcc: all@vendor.example")).subject == "Notebook 2 Bcc: all@vendor.example"


def test_picking_costs_two_queries(notebook, django_assert_num_queries):
    announcement = make_announcement()
    announcement.releases.set([Release.objects.create(product=notebook, version=f"2.{number}") for number in range(5)])
    with django_assert_num_queries(2):
        contents(announcement)
