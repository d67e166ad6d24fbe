"""Support in a real browser: a visitor asks with a file, follows the link of the mail, reads the answer, writes on, and has it destroyed."""

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from mailroom.models import OutgoingMail
from support.cases.closing import close
from support.cases.writing import answer, customer_writes
from support.models import Case, Channel, Life
from tests.cast import PASSWORD
from tests.support.cases import incoming, make_case

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PICTURE = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"


@pytest.fixture
def site(live_server, settings) -> str:
    settings.SITE_URL, settings.CELERY_BROKER_URL = live_server.url, ""
    return live_server.url


def link_in(mail: OutgoingMail) -> str:
    return next(line for line in mail.text.splitlines() if "/support/cases/" in line)


def log_in(page: Page, site: str, email: str) -> None:
    page.goto(f"{site}/resources/support/")
    page.fill("[name=email]", email)
    page.fill("[name=password]", PASSWORD)
    page.click("main button.button")
    expect(page.locator("h1")).to_have_text("Support")


def test_a_visitor_asks_reads_writes_on_and_has_it_destroyed(page: Page, site, notebook, sam):
    page.goto(f"{site}/contact/")
    page.get_by_role("link", name="All ways to get help").click()
    page.get_by_role("link", name="Write to us", exact=True).click()
    page.get_by_label("Your name").fill("Vera Visitor")
    page.get_by_label("E-mail address", exact=True).first.fill("vera@example.net")
    page.get_by_label("Product").select_option("notebook")
    page.get_by_label("In a few words").fill("It stops")
    page.get_by_label("What happened").fill("It stops\nat the second page.")
    page.get_by_label("Files").set_input_files([{"name": "shot.svg", "mimeType": "image/svg+xml", "buffer": PICTURE}])
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator("h1")).to_have_text("We have your message")
    case = Case.objects.get()
    expect(page.locator("main .address")).to_have_text(case.reference)
    assert page.context.cookies() == []

    answer(case, "Please restart it.", by=sam)
    page.goto(link_in(OutgoingMail.objects.get(cause__contains=":answer:")))
    expect(page.locator(".said")).to_have_count(2)
    with page.expect_download() as download:
        page.get_by_role("link", name="shot.svg").click()
    assert Path(download.value.path()).read_bytes() == PICTURE
    page.get_by_label("Your message").fill("I did.")
    page.get_by_label("Files").set_input_files([{"name": "a.txt", "mimeType": "text/plain", "buffer": b"A"}])
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator("[role=status]")).to_have_text("Your message has reached us.")
    expect(page.locator(".said")).to_have_count(3)
    page.get_by_role("button", name="Close the case").click()
    expect(page.locator("[role=status]")).to_contain_text("The case is closed")
    page.get_by_role("button", name="Open it again").click()
    expect(page.locator("[role=status]")).to_contain_text("open again")
    page.get_by_role("link", name="What we hold about this case").click()
    expect(page.locator("main")).to_contain_text(case.files.first().sha256)
    page.get_by_role("link", name="Destroy everything now").click()
    page.get_by_role("button", name="Destroy all of it").click()
    expect(page.locator("h1")).to_have_text("It is being destroyed")
    assert Case.objects.get().life == Life.DESTROYING
    assert page.context.cookies() == []


def test_too_many_files_come_back_with_the_text(page: Page, site):
    page.goto(f"{site}/support/new/")
    page.fill("main [name=email]", "vera@example.net")
    page.fill("[name=subject]", "It stops")
    page.fill("[name=text]", "It stops at the second page.")
    files = [{"name": f"{number}.txt", "mimeType": "text/plain", "buffer": b"x"} for number in range(11)]
    page.get_by_label("Files").set_input_files(files)
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator(".errorlist")).to_contain_text("more than 10 files")
    expect(page.locator("[name=text]")).to_have_value("It stops at the second page.")


def test_a_customer_sees_what_is_recorded_asks_and_replies(page: Page, site, alice):
    log_in(page, site, alice.email)
    page.get_by_role("link", name="Write to us").click()
    expect(page.locator("#recorded")).to_have_text("You have priority support")
    shown = dict(zip(page.locator(".facts dt").all_inner_texts(), page.locator(".facts dd").all_inner_texts(), strict=True))
    page.get_by_label("Product").select_option("notebook")
    page.get_by_label("In a few words").fill("It stops")
    page.get_by_label("What happened").fill("It stops at the second page.")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator("h1")).to_have_text("It stops")
    told = Case.objects.get().details.circumstances
    assert told["cookies"] == "accepted"
    assert (shown["Browser"], shown["System"], shown["Cookies"]) == (told["browser"], told["system"], "accepted")
    page.get_by_label("Your message").fill("Any news?")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator(".said")).to_have_count(2)
    page.get_by_role("link", name="Support", exact=True).first.click()
    expect(page.locator("tbody tr")).to_have_count(1)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_are_accessible_and_fit_a_phone(chromium: Browser, site, alice, notebook, sam, scheme):
    context = chromium.new_context(viewport={"width": 360, "height": 740}, is_mobile=True, has_touch=True, color_scheme=scheme)
    page = context.new_page()
    long = "a-very-long-name-of-a-file-without-any-space-in-it" * 3
    case = make_case(user=alice, product=notebook, subject=long, files=[incoming(f"{long}.txt")])
    answer(case, f"Please look at https://example.com/{long}", by=sam)
    customer_writes(case, "I did.", Channel.MAIL, quoted=f"> {long}", sender="other@example.net")
    close(case)
    case.refresh_from_db()
    log_in(page, site, alice.email)
    place, link = f"/resources/support/{case.reference.lower()}/", f"/support/cases/{case.access}/"
    own = ["/resources/support/", "/resources/support/new/", place, f"{place}held/", f"{place}destroy/"]
    found = {}
    for path in [*own, "/support/", "/support/new/", link, f"{link}held/", f"{link}destroy/", "/support/cases/none/"]:
        page.goto(site + path)
        violations = [f"{one['id']}: {[node['html'][:120] for node in one['nodes']][:3]}" for one in Axe().run(page).response["violations"]]
        wide = not page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        found[path] = violations + (["wider than the phone"] if wide else [])
    context.close()
    assert not any(found.values()), {path: wrong for path, wrong in found.items() if wrong}
