"""The site speaks English and German: as the visitor chose, and else as the browser asks."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po
from django.conf import settings
from django.test import Client

from tests.customer import Browser, log_in, mail_to
from tests.pages import staff_addresses, words_of
from tests.staff import staff_log_in

PAGE = "/language/"
FOLDER = Path(settings.BASE_DIR) / "locale" / "de" / "LC_MESSAGES"


def catalogue() -> Catalog:
    with (FOLDER / "django.po").open("rb") as file:
        return read_po(file, locale="de")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("asked", "language"), [("de", "de"), ("de-AT", "de"), ("en-GB", "en"), ("fr", "en"), ("", "en"), ("x" * 5000, "en")]
)
def test_pages_speak_as_the_browser_asks(asked, language):
    answer = Client().get("/contact/", HTTP_ACCEPT_LANGUAGE=asked)
    page = answer.content.decode()
    assert f'<html lang="{language}">' in page
    assert ("<h1>Kontakt</h1>" in page) == (language == "de")
    assert answer["Content-Language"] == language
    assert {"Accept-Language", "Cookie"} <= set(answer["Vary"].split(", "))


@pytest.mark.django_db
def test_a_visitor_chooses_and_comes_back_to_the_page():
    browser = Browser(enforce_csrf_checks=True)
    page = browser.get(PAGE, HTTP_REFERER="http://testserver/contact/").content.decode()
    assert 'name="next" value="http://testserver/contact/"' in page
    assert not browser.cookies, "who chooses nothing gets no cookie"
    form = {"language": "de", "next": "http://testserver/contact/"}
    assert browser.post(PAGE, form)["Location"] == "http://testserver/contact/"
    assert "<h1>Kontakt</h1>" in browser.get("/contact/").content.decode()
    assert set(browser.cookies) == {"session"}, "no cookie but the anonymous one (promise G9)"
    browser.post(PAGE, form | {"language": ""})
    assert "<h1>Contact</h1>" in browser.get("/contact/").content.decode()


@pytest.mark.django_db
def test_another_site_chooses_for_nobody():
    answer = Client().post(PAGE, {"language": "de"}, headers={"Origin": "https://evil.example"})
    assert answer.status_code == 403
    assert not answer.cookies


@pytest.mark.django_db
@pytest.mark.parametrize(
    "elsewhere",
    [
        *("https://evil.example/", "//evil.example/", "javascript:alert(1)", "/language/", "", "http://testserver.evil.example/"),
        *("contact", "?page=2", "#main", "two words", "website:contact", "../contact/"),
    ],
)
def test_nobody_is_led_elsewhere(elsewhere):
    assert Client().post(PAGE, {"language": "de", "next": elsewhere})["Location"] == "/"


@pytest.mark.django_db
@pytest.mark.parametrize("typed", ["fr", "de'", "x" * 10_000, "\x00"])
def test_a_language_that_there_is_not_is_refused_with_the_ones_that_there_are(typed):
    answer = Client().post(PAGE, {"language": typed})
    assert answer.status_code == 400
    assert "Please choose one of these" in answer.content.decode()


def test_a_customer_who_chose_german_reads_german_wherever_they_are_logged_in(alice):
    alice.language = "de"
    alice.save()
    browser = log_in(alice)
    assert '<html lang="de">' in browser.get("/resources/").content.decode()
    assert '<html lang="en">' in browser.get("/").content.decode(), "outside the area nobody is known"
    browser.post("/resources/log-out/")
    assert '<html lang="en">' in browser.get("/resources/log-in/", follow=True).content.decode()


def test_mails_are_in_the_language_of_whoever_gets_them(alice):
    alice.language = "de"
    alice.save()
    Client().post("/resources/password/forgotten/", {"email": alice.email})
    mail = mail_to(alice.email)
    assert "Passwort" in mail.text
    assert 'lang="de"' in mail.html


ENGLISH = re.compile(r"\b(the|and|you|your|of|with|which|when|that|from|this|have|is|are)\b")
FOREIGN = re.compile(r'<option.*?</option>|<code.*?</code>|<article class="prose" lang="en">.*?</article>', re.DOTALL)
NAMES = (
    *("does one thing well", "you@example.com"),
    "Your unlock codes for your order A-1",  # a mail to a customer who reads English
    *("The user that this device belongs to.", "The human-readable name of this device.", "Is this device ready for use?"),  # a library's
)


def test_no_page_forgets_its_german(alice, every_address):
    """No page has an English word in its sentences."""
    alice.language = "de"
    alice.save()
    assert english_on(log_in(alice), every_address) == {}


def test_the_staff_area_speaks_german(ada, every_address):
    assert english_on(staff_log_in(ada), staff_addresses()) == {}


def english_on(browser: Client, addresses: list[str]) -> dict[str, list[str]]:
    """English words with what stands around them, by the address of the page."""
    found = {}
    for address in addresses:
        answer = browser.get(address, HTTP_ACCEPT_LANGUAGE="de")
        if answer.headers.get("Content-Type", "").startswith("text/html"):
            words = words_of(FOREIGN.sub("", answer.content.decode()))
            for name in NAMES:
                words = words.replace(name, "")
            if hits := [words[max(0, hit.start() - 40) : hit.end() + 40] for hit in ENGLISH.finditer(words)]:
                found[address] = hits[:4]
    return found


def test_everything_is_said_in_german():
    lacking = [message.id for message in catalogue() if message.id and (message.fuzzy or not all(forms(message)))]
    assert lacking == []


def test_german_fills_in_what_english_does():
    wrong = [problem for message in catalogue() if message.id for problem in message.check(catalogue_of_one())]
    assert wrong == []


def test_the_compiled_catalogue_is_the_written_one():
    with (FOLDER / "django.mo").open("rb") as file:
        compiled = read_mo(file)
    written, there = words_in(catalogue()), words_in(compiled)
    assert there == written, "run make messages"


@pytest.mark.skipif(shutil.which("xgettext") is None, reason="GNU gettext is not installed; .ci/run installs it")
def test_no_text_is_missing_in_the_catalogue(tmp_path):
    """Gathered anew from a copy of the source, it is what is translated."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=settings.BASE_DIR, capture_output=True, text=True, check=True
    )
    for name in listed.stdout.splitlines():
        if name.endswith((".py", ".html", ".txt")) and not name.startswith(("tests/", "bench/")):
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(settings.BASE_DIR / name, tmp_path / name)
    (tmp_path / "locale").mkdir()
    command = [sys.executable, "manage.py", "makemessages", "--locale", "de", "--verbosity", "0"]
    subprocess.run(command, cwd=tmp_path, check=True, env=os.environ | {"INFACTA_MODE": "test", "DATA_DIR": str(tmp_path / "var")})
    with (tmp_path / "locale/de/LC_MESSAGES/django.po").open("rb") as file:
        gathered = {message.id for message in read_po(file)}
    assert gathered - {message.id for message in catalogue()} == set(), "run make messages, and translate what is new"


def words_in(read: Catalog) -> dict:
    """What stands for what; of a text with a plural by its singular, as compiled files keep it."""
    return {(str(message.id[0] if message.pluralizable else message.id), message.context): forms(message) for message in read if message.id}


def forms(message) -> tuple[str, ...]:
    return (message.string,) if isinstance(message.string, str) else tuple(message.string)


def catalogue_of_one() -> Catalog:
    return Catalog(locale="de")
