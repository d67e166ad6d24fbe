"""A promotion in a real browser: registered for on a phone, and its codes made while staff watch; its staff pages fit a phone."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from playwright.sync_api import Browser, Page, expect

from promotions import making
from promotions.models import CodeBatch, PromoCode, Redemption
from tests.promotions.staff_side import order, page_of
from tests.promotions.walk import LANDING, confirm, latest_mail, link_in, make_promotion, make_shared, register, typed_in
from tests.promotions.walking import batch_of
from tests.staff import staff_log_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PHONE = {"viewport": {"width": 360, "height": 740}, "is_mobile": True, "has_touch": True}
LIVE = "/staff/promotions-live/"
ROSA = "rosa@example.com"


@pytest.fixture(autouse=True)
def site(live_server, settings) -> str:
    settings.SITE_URL, settings.CELERY_BROKER_URL = live_server.url, ""
    return live_server.url


@pytest.fixture
def spring(notebook_file):
    return make_promotion(notebook_file.release.product)


@pytest.fixture
def phone(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(**PHONE)
    yield context.new_page()
    context.close()


@pytest.fixture
def ada_client(ada) -> Client:
    return staff_log_in(ada)


def enter_staff(page: Page, site: str, client: Client) -> None:
    """Let the browser be where this member of staff is."""
    cookies = [{"name": name, "value": client.cookies[name].value, "url": f"{site}/"} for name in ("session", "staff_authentication")]
    page.context.add_cookies(cookies)


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


def press(page: Page, name: str, heading: str) -> None:
    """Press a button with the thumb, and arrive at the page with this heading, which fits the phone."""
    page.get_by_role("button", name=name).tap()
    expect(page.locator("h1")).to_have_text(heading)
    assert fits(page), page.url


# The visitor


def test_a_visitor_registers_on_a_phone_and_downloads(phone: Page, site, spring):
    code = PromoCode.objects.get(batch=batch_of(spring, "SPR", 1)).code
    phone.goto(f"{site}{LANDING}")
    phone.get_by_label("Your code").fill(code[:-1] + ("0" if code[-1] != "0" else "1"))
    press(phone, "Go on", "Spring offer")
    expect(phone.locator(".errorlist")).to_contain_text("A letter or digit of this code is wrong")
    expect(phone.get_by_label("Your code")).to_have_value(code[:-1] + ("0" if code[-1] != "0" else "1"))
    phone.get_by_label("Your code").fill(f" {code[:3]} {code[3:]} ".lower().replace("0", "o").replace("1", "l"))
    press(phone, "Go on", "Spring offer")
    expect(phone.locator("h2")).to_have_text("Step 2 of 2: who you are")
    phone.get_by_label("E-mail address").fill(ROSA)
    press(phone, "Register", "Look into your mail")
    phone.get_by_label("The code in our mail").fill("0000-0000")
    press(phone, "Confirm", "Look into your mail")
    expect(phone.locator(".errorlist")).to_contain_text("not the code of our latest mail")
    phone.get_by_label("The code in our mail").fill(typed_in(latest_mail(ROSA)).lower().replace("-", " "))
    press(phone, "Confirm", "It is yours")
    expect(phone.locator(".unlock-code")).to_have_text(Redemption.objects.get().items.get().entitlement.unlock_codes.get().code)
    phone.get_by_role("link", name="Choose a password").tap()
    phone.locator("[name=new_password]").fill("four green bicycles")
    phone.locator("main button.button").tap()
    phone.locator("[name=email]").fill(ROSA)
    phone.locator("[name=password]").fill("four green bicycles")
    press(phone, "Log in", "Your downloads")
    with phone.expect_download() as download:
        phone.get_by_role("button", name="Download").first.tap()
    assert download.value.suggested_filename == "notebook-1.0.zip"


def test_the_button_of_the_mail_works_on_another_device_without_scripts(chromium: Browser, phone: Page, site, spring):
    """The window in which somebody registered goes on to the same result."""
    make_shared(spring)
    phone.goto(f"{site}{LANDING}")
    phone.get_by_label("Your code").fill("welcome 26")
    press(phone, "Go on", "Spring offer")
    phone.get_by_label("E-mail address").fill(ROSA)
    press(phone, "Register", "Look into your mail")
    typed = typed_in(latest_mail(ROSA))
    other = chromium.new_context(java_script_enabled=False)
    desk = other.new_page()
    desk.goto(site + link_in(latest_mail(ROSA)))
    desk.get_by_role("button", name="Confirm").click()
    expect(desk.locator("h1")).to_have_text("It is yours")
    given = desk.locator(".unlock-code").inner_text()
    other.close()
    phone.get_by_label("The code in our mail").fill(typed)
    press(phone, "Confirm", "It is yours")
    expect(phone.locator(".unlock-code")).to_have_text(given)
    assert Redemption.objects.count() == 1


def test_why_a_promotion_is_over_reads_as_a_sentence(phone: Page, site, spring):
    """The links stand in the line, and not as boxes of their own."""
    spring.stop("The codes were posted to a forum.")
    phone.goto(f"{site}{LANDING}")
    expect(phone.locator("main .message")).to_contain_text("What was confirmed stays: your downloads. Or see which promotions are running.")
    assert "flex" not in phone.locator("main .message p").evaluate_all("all => all.map(one => getComputedStyle(one).display)")


# Staff


def test_the_bar_moves_while_codes_are_made(page: Page, site, spring, ada_client, monkeypatch):
    monkeypatch.setattr(making, "COPIED", 10)
    monkeypatch.setattr(making, "INSERTED", 10)
    order(ada_client, spring, tag="SPR", size="30")
    batch = CodeBatch.objects.get()
    enter_staff(page, site, ada_client)
    page.goto(site + page_of(batch))
    expect(page.locator(".making output")).to_have_text("0 / 30")
    for made in (10, 20):
        making.make_piece(batch.pk)
        expect(page.locator(".making output")).to_have_text(f"{made} / 30")
        assert page.locator(".making progress").evaluate("bar => bar.value / bar.max") == pytest.approx(made / 30)
        expect(page.locator(".field-made .readonly")).to_have_text(str(made))
    page.fill("[name=label]", "Reseller")
    making.make_piece(batch.pk)
    expect(page.locator(".making output")).to_have_text("30 / 30")
    page.wait_for_timeout(1500)  # longer than a look takes: what is typed is not lost to a new page
    expect(page.locator("[name=label]")).to_have_value("Reseller")
    page.fill("[name=label]", "")
    expect(page.locator(".making")).to_have_count(0)
    with page.expect_download() as download:
        page.get_by_role("button", name="Export the codes as CSV").click()
    assert download.value.suggested_filename == "codes-spring-SPR.csv"


def test_a_preview_checks_no_code(page: Page, site, spring, ada_client):
    enter_staff(page, site, ada_client)
    page.goto(site + page_of(spring, "preview"))
    page.get_by_label("Your code").fill("WELCOME26")
    page.get_by_label("Your code").press("Enter")
    expect(page.get_by_role("button", name="Go on")).to_be_disabled()
    assert page.url == site + page_of(spring, "preview")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_staff_pages_are_accessible_and_fit_a_phone(phone: Page, site, spring, ada_client, scheme):
    batch = batch_of(spring, "SPR", 3)
    for number, code in enumerate(batch.codes.all()):
        register(Client(), code.code, f"a-very-long-address-of-visitor-{number}@a-very-long-name-of-a-host.example")
    waiting, first, *_rest = Redemption.objects.order_by("-pk")
    confirm(first.email)
    enter_staff(phone, site, ada_client)
    phone.emulate_media(color_scheme=scheme)
    single = f"{LIVE}registrations/{first.pk}/"
    paths = [LIVE, f"{LIVE}{spring.pk}/", f"{LIVE}{spring.pk}/stop/", f"{LIVE}batches/{batch.pk}/", single, f"{single}end/"]
    found = {path: inspected(phone, site + path) for path in [*paths, f"{LIVE}registrations/{waiting.pk}/end/"]}
    assert not any(found.values()), found


def inspected(page: Page, url: str) -> list[str]:
    """What is wrong with a page; a table that is scrolled sideways hides its last columns."""
    page.goto(url)
    violations = Axe().run(page).response["violations"]
    wrong = [f"{one['id']}: {[node['html'][:120] for node in one['nodes']][:3]}" for one in violations]
    wrong += page.eval_on_selector_all(
        "#content table", "all => all.filter(one => one.scrollWidth > one.clientWidth).map(one => one.innerText)"
    )
    return wrong if fits(page) else [*wrong, "wider than the phone"]
