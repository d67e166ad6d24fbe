"""A vendor's name, colours, pictures and imprint stand everywhere that the site speaks, and what could not be read or shown is refused."""

import os
import re
import struct
import subprocess
import sys

import pytest
from django.test import Client

from infacta.contrast import contrast, contrast_problem, ink_on, nearest_readable
from infacta.pictures import BadPicture, read_picture
from mailroom.models import OutgoingMail
from tests.architecture.test_settings import check
from tests.pages import Tags, footer_of, words_of
from tests.server import ROOT

pytestmark = pytest.mark.django_db

SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 120 30"><path d="M0 0h120v30z"/></svg>'
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + struct.pack(">II", 64, 64) + b"\x08\x06\x00\x00\x00"


@pytest.fixture
def northwind(settings, tmp_path):
    """The site of a vendor with a brand of their own."""
    logo = tmp_path / "logo.svg"
    logo.write_text(SVG)
    settings.SITE_NAME = "Northwind"
    settings.VENDOR_NAME, settings.VENDOR_REGISTER = "Northwind Traders GmbH", "Amtsgericht Hamburg, HRB 12345"
    settings.VENDOR_VAT_ID, settings.VENDOR_REPRESENTATIVE = "DE123456789", "Nora Wind"
    settings.BRAND_COLOR, settings.BRAND_COLOR_DARK = "#7a1f5c", ""
    settings.BRAND_PICTURES = {"logo": read_picture(logo)}
    return settings


def test_the_colours_come_in_a_stylesheet_of_their_own(northwind):
    tags = Tags(Client().get("/").content.decode()).found
    sheets = [attributes["href"] for tag, attributes in tags if tag == "link" and attributes.get("rel") == "stylesheet"]
    [address] = [sheet for sheet in sheets if sheet.startswith("/brand/")]
    answer = Client().get(address)
    assert answer["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer["Content-Type"] == "text/css; charset=utf-8"
    night = re.search(r"--brand-night: (#\w{6})", answer.content.decode())[1]
    assert "--brand: #7a1f5c;" in answer.content.decode()
    assert contrast(night, "#1e2124") >= 4.5
    assert not answer.cookies
    assert Client().get("/brand/000000000000.css")["Cache-Control"] == "no-cache"


def test_without_colours_no_page_asks_for_them():
    assert "/brand/" not in Client().get("/").content.decode()


def test_the_logo_says_the_name_and_runs_nothing(northwind):
    html = Client().get("/").content.decode()
    [image] = [attributes for tag, attributes in Tags(html).found if tag == "img"]
    assert (image["alt"], image["width"], image["height"]) == ("Northwind", "128", "32")
    answer = Client().get(image["src"])
    assert (answer["Content-Type"], answer["X-Content-Type-Options"]) == ("image/svg+xml", "nosniff")
    assert answer["Content-Security-Policy"].startswith("default-src 'none'")
    assert "sandbox" in answer["Content-Security-Policy"]
    assert answer.content.decode() == SVG


def test_without_an_icon_the_initial_stands_in_the_tab(northwind):
    [icon] = [attributes["href"] for _tag, attributes in Tags(Client().get("/").content.decode()).found if attributes.get("rel") == "icon"]
    drawn = Client().get(icon).content.decode()
    assert ">N<" in drawn
    assert "#7a1f5c" in drawn


def test_the_imprint_says_who_runs_the_site(northwind):
    words = words_of(Client().get("/imprint/").content.decode())
    for said in ("Northwind Traders GmbH", northwind.VENDOR_ADDRESS, "HRB 12345", "DE123456789", "Nora Wind", northwind.SUPPORT_EMAIL):
        assert said in words
    assert "Telephone" not in words, "what is not known is left out"
    assert "/imprint/" in Tags(footer_of(Client().get("/products/").content.decode())).links()


@pytest.mark.parametrize(
    ("colour", "dark", "says"),
    [
        ("#7a1f5c", False, ""),
        ("#ffcc00", False, "the nearest that can is #"),
        ("#1e2124", True, "the nearest that can is #"),
        ("red", False, "is no colour"),
        ("#12345", False, "is no colour"),
    ],
)
def test_a_colour_must_be_readable(colour, dark, says):
    problem = contrast_problem(colour, dark=dark)
    assert bool(problem) == bool(says)
    assert says in problem


def test_every_colour_has_a_readable_neighbour():
    for hue in ("#ff0000", "#ffff00", "#00ff00", "#00ffff", "#0000ff", "#ff00ff", "#808080", "#ffffff", "#000000"):
        for dark in (False, True):
            near = nearest_readable(hue, dark=dark)
            assert contrast_problem(near, dark=dark) == ""
            assert contrast(near, ink_on(near)) >= 4.5


def test_the_site_does_not_start_with_what_cannot_be_read_or_shown(tmp_path):
    (tmp_path / "logo.svg").write_text(SVG.replace("<path", "<script>alert(1)</script><path"))
    said = check(
        tmp_path, BRAND_COLOR="#ffcc00", BRAND_COLOR_DARK="blue", BRAND_LOGO=str(tmp_path / "logo.svg"), BRAND_ICON="/no/such.png"
    ).stderr
    assert "BRAND_COLOR is '#ffcc00', which cannot be read on the site's light ground" in said
    assert "BRAND_COLOR_DARK is 'blue', which is no colour" in said
    assert "BRAND_LOGO" in said
    assert "it has a <script> in it" in said
    assert "BRAND_ICON (/no/such.png) cannot be shown: it cannot be read" in said


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (SVG.replace("<path", '<path onclick="x()"'), "a script in onclick"),
        (SVG.replace("<path", '<image href="https://evil.example/x.png"/><path'), "it fetches"),
        (SVG.replace("<path", "<style>@import 'x.css';</style><path"), "fetches something from elsewhere"),
        (SVG.replace("<path", '<path style="fill:url( https://evil.example/)"'), "fetches something from elsewhere"),
        (SVG.replace("<path", r'<style>@\69mport "//evil.example/x.css";</style><path'), "fetches something from elsewhere"),
        (SVG.replace("<path", "<style>a{}<x/>@import 'x.css';</style><path"), "fetches something from elsewhere"),
        (SVG.replace("<path", '<style>a{background:image-set("//evil.example" 1x)}</style><path'), "fetches something from elsewhere"),
        (SVG.replace("<path", '<set attributeName="onclick" to="x()"/><path'), "a script in attributename"),
        (SVG.replace("<path", '<a><animate attributeName="href" values="javascript:x()"/></a><path'), "changes where a link leads"),
        ('<?xml-stylesheet href="https://evil.example/x.css"?>' + SVG, "names a stylesheet"),
        ("\0" + SVG, "not in UTF-8"),
        (SVG.replace("<path", "<foreignObject/><path"), "<foreignobject>"),
        ('<!DOCTYPE svg [<!ENTITY a "b">]>' + SVG, "DOCTYPE"),
        (SVG.replace(' viewBox="0 0 120 30"', ""), "does not say its size"),
        (SVG.replace("0 0 120 30", "0 0 0 0"), "no size"),
        (SVG.replace("0 0 120 30", "0 0 . 1"), "does not say its size"),
        ("<html/>", "neither a PNG nor an SVG"),
        ("GIF89a", "neither a PNG nor an SVG"),
        ("x" * 200_001, "make it smaller"),
    ],
)
def test_a_picture_that_does_more_than_show_is_refused(tmp_path, content, says):
    (tmp_path / "logo").write_text(content)
    with pytest.raises(BadPicture, match=re.escape(says)):
        read_picture(tmp_path / "logo")


def test_pictures_that_may_be_shown(tmp_path):
    (tmp_path / "logo").write_bytes(PNG)
    assert (read_picture(tmp_path / "logo").type, read_picture(tmp_path / "logo").width) == ("image/png", 64)
    (tmp_path / "logo").write_text('<svg xmlns="http://www.w3.org/2000/svg" width="10px" height="20"><rect fill="url(#a)"/></svg>')
    assert read_picture(tmp_path / "logo").height == 20


def test_mails_have_the_colour_and_no_picture(northwind, mallory):
    Client().post("/resources/password/forgotten/", {"email": mallory.email})
    mail = OutgoingMail.objects.get()
    assert "#7a1f5c" in mail.html
    assert "<img" not in mail.html


def test_no_page_and_no_mail_says_another_name(tmp_path):
    """Every address and every mail, in a process that has the name from its environment."""
    walk = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:randomly", "tests/operations/under_another_name.py"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "DATABASE_URL"))}
    result = subprocess.run(
        walk, cwd=ROOT, env=environment | {"SITE_NAME": "Northwind", "DATA_DIR": str(tmp_path)}, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stdout[-4000:]
