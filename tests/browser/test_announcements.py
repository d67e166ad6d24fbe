"""The announcement group on a phone, from the foot of a page to the link that ends it; the staff pages of announcements, and the bar of a file of subscribers."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from announcements.models import Announcement, Bounce, BounceKind, Mailbox, State, SubscriberFile
from announcements.subscribers.importing import do_piece
from tests.announcements.bounced import delivered
from tests.announcements.group import PAGE, csv_of, line, looked_through, small_pieces, upload
from tests.announcements.joining import latest_mail, link_in, path_of
from tests.announcements.writing import ADD, LIST, make_announcement, page_of
from tests.staff import staff_log_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PHONE = {"viewport": {"width": 360, "height": 740}, "is_mobile": True, "has_touch": True}
ROSA = "rosa@example.com"
OF_DJANGO = {"exclude": [[".select2-search__field"], ["#searchbar"]]}
"""Fields of the admin whose labels are pictures, or are missing, in Django's own templates."""


@pytest.fixture(autouse=True)
def site(live_server, settings) -> str:
    settings.SITE_URL, settings.CELERY_BROKER_URL = live_server.url, ""
    return live_server.url


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


def inspected(page: Page) -> list[str]:
    """What is wrong with the page that the browser shows."""
    violations = Axe().run(page, OF_DJANGO).response["violations"]
    wrong = [f"{one['id']}: {[node['html'][:120] for node in one['nodes']][:3]}" for one in violations]
    fits = page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    return wrong if fits else [*wrong, "wider than the phone"]


def arrive(page: Page, heading: str) -> None:
    """At the page with this heading, which is as it should be."""
    expect(page.locator("h1")).to_have_text(heading)
    assert inspected(page) == [], page.url


# The visitor


def test_somebody_joins_chooses_and_leaves_on_a_phone(phone: Page, site):
    phone.goto(f"{site}/contact/")
    phone.get_by_label("E-mail address").fill(ROSA)
    phone.get_by_role("button", name="Join").tap()
    arrive(phone, "Look into your mail")
    phone.goto(site + link_in(latest_mail(ROSA)))
    arrive(phone, "Was it you?")
    phone.get_by_role("button", name="Yes, send me announcements").tap()
    arrive(phone, "You get our announcements")
    phone.get_by_role("link", name="Choose what you hear of").tap()
    arrive(phone, "Your announcements")
    phone.get_by_label("Special offers").uncheck()
    phone.get_by_role("button", name="Save").tap()
    expect(phone.get_by_role("status")).to_have_text("Your choice is saved.")
    arrive(phone, "Your announcements")
    mailbox = Mailbox.objects.get()
    assert (mailbox.wants_releases, mailbox.wants_offers) == (True, False)
    phone.goto(site + path_of(mailbox))
    arrive(phone, "No more announcements?")
    phone.get_by_role("button", name="Remove me from all mailings").tap()
    arrive(phone, "You get no more announcements")
    assert not Mailbox.objects.reachable().exists()
    phone.get_by_role("link", name="Have them sent again").tap()
    arrive(phone, "Your announcements")
    expect(phone.get_by_role("button", name="I want them again")).to_be_visible()


# Staff


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_staff_pages_are_accessible_and_fit_a_phone(phone: Page, site, alice, ada_client, scheme):
    draft = make_announcement(slug="draft")
    sent = delivered("a-very-long-address-of-a-visitor@a-very-long-name-of-a-host.example")
    Announcement.objects.filter(pk=sent.announcement_id).update(
        began_at=timezone.now(), total=1, sent=1, state=State.PAUSED, pause_reason="A word"
    )
    Bounce.objects.create(
        mailbox=sent.mailbox, announcement=sent.announcement, kind=BounceKind.HARD, status="5.1.1", detail="No such user."
    )
    file = looked_through(csv_of([line("carol@example.net"), line("nobody")]))
    enter_staff(phone, site, ada_client)
    phone.emulate_media(color_scheme=scheme)
    lists = [f"/staff/announcements/{name}/" for name in ("delivery", "mailbox", "bounce", "subscription")]
    drafts = [page_of(draft, step) for step in ("change", "preview", "test", "checks", "release", "copy")]
    sendings = [page_of(sent.announcement, step) for step in ("progress", "results", "resume", "cancel")]
    found: dict[str, list[str]] = {}
    for path in (LIST, ADD, *lists, PAGE, f"{PAGE}add/", f"{PAGE}{file.pk}/change/", *drafts, *sendings):
        phone.goto(site + path)
        found[path] = inspected(phone)
    assert not any(found.values()), found


def test_the_bar_moves_while_a_file_is_looked_through(page: Page, site, ada_client, monkeypatch):
    small_pieces(monkeypatch)
    upload(ada_client, csv_of([line(f"friend{number}@example.org") for number in range(4)]))
    file = SubscriberFile.objects.get()
    enter_staff(page, site, ada_client)
    page.goto(f"{site}{PAGE}{file.pk}/change/")
    expect(page.locator(".making output")).to_have_text("0 / 4")
    do_piece(file.pk)
    expect(page.locator(".making output")).to_have_text("2 / 4")
    assert page.locator(".making progress").evaluate("bar => bar.value / bar.max") == pytest.approx(0.5)
    do_piece(file.pk)
    expect(page.get_by_role("button", name="Import 4 new subscribers")).to_be_visible()
