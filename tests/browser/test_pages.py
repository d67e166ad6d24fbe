"""Every page: valid HTML (the Nu checker), accessible (axe), no complaint in the console, nothing wider than a phone."""

import os
import subprocess
import time
from datetime import timedelta
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from django.utils import timezone
from django_otp_webauthn.models import WebAuthnCredential
from playwright.sync_api import Page

from accounts import second_factor
from accounts.authentication import digest
from accounts.contact import CONTACT_FIELDS
from accounts.cookie_check import TESTED
from accounts.holds import place
from accounts.models import AddressChange, LoginSession, Throttle, User
from announcements.models import Announcement, Mailbox, State
from audit.kinds import Kind
from audit.log import record
from downloads.models import DownloadSession, ReleaseFile
from promotions.models import Promotion, Redemption
from purchases.models import Offer
from tests.announcements.bounced import delivered
from tests.announcements.group import PAGE, csv_of, line, looked_through
from tests.announcements.joining import ask, path_of
from tests.announcements.joining import link_in as mailed_link_of_group
from tests.announcements.writing import ADD, make_announcement, page_of
from tests.cast import PASSWORD
from tests.customer import link_in, log_in, mail_to, try_log_in
from tests.downloads.signed import signed
from tests.pages import read
from tests.promotions.walk import MAIL, REGISTER, latest_mail, make_promotion, make_shared, register
from tests.promotions.walk import link_in as mailed_link
from tests.purchases.handing import BUY, STORES, go, make_offer, review
from tests.staff import code_of, enrolled, forget_last_code, give_password, staff_log_in
from tests.support.pages import html_of_cases as pages_of_cases

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

OPEN = [
    "/",
    "/products/",
    "/products/notebook/",
    "/products/notebook/changelog/",
    "/buy/notebook/",
    "/buy/notebook/?offer=1&quantity=2",
    "/buy/notebook/?offer=1&quantity=x",
    "/buy/notebook/?offer=3&quantity=1",
    "/buy/mailer/",
    "/contact/",
    "/support/",
    "/support/new/",
    "/support/cases/x-y/",
    "/announcements/",
    "/announcements/archive/told/",
    "/announcements/join/",
    "/announcements/join/x-y/",
    "/signatures/",
    "/privacy/",
    "/privacy/resources/",
    "/privacy/promotions/",
    "/privacy/cookies/",
    "/privacy/retention/",
    "/privacy/choices/",
    "/privacy/machine-readable/",
    "/development/mail/",
    "/no-such-page/",
    "/resources/log-in/",
    "/resources/cookies/",
    "/resources/password/forgotten/",
    "/resources/password/MQ/x-y/",
    "/resources/account/address/confirm/x-y/",
    "/staff/login/",
    "/promotions/",
    "/promotions/spring/",
    "/promotions/spring/?begin",
    "/promotions/full/",
    "/promotions/soon/",
    "/promotions/over/",
    "/promotions/stopped/",
    "/promotions/spring/confirm/x/",
]
CLOSED = [
    "/resources/",
    "/resources/products/{entitlement}/",
    "/resources/products/{entitlement}/allowance/",
    "/resources/buy/notebook/",
    "/resources/buy/notebook/{entitlement}/",
    "/resources/account/",
    "/resources/account/password/",
    "/resources/account/contact/",
    "/resources/account/preferences/",
    "/resources/account/announcements/",
    "/resources/account/address/",
    "/resources/feedback/",
    "/resources/support/",
    "/resources/support/new/",
    "/resources/activity/",
    "/resources/activity/log-ins/",
    "/resources/activity/downloads/",
    "/resources/activity/staff/",
    "/resources/activity/changes/",
    "/resources/account/security/",
    "/resources/account/security/app/",
]
GUARDED = [  # by a second factor
    "/resources/account/security/",
    "/resources/account/security/app/",
    "/resources/account/security/recovery-codes/",
    "/resources/account/security/remove/",
    "/resources/account/security/passkeys/add/",
    "/resources/account/security/passkeys/{passkey}/remove/",
]
HELD = "/resources/log-in/held/"
STAFF = [
    "/staff/second-factor/enrol/",
    "/staff/password_change/",
    "/staff/purchases/offer/1/look/",
    "/staff/home/",
    "/staff/home/purchases/",
]


@pytest.fixture(autouse=True)
def for_sale(settings, notebook, mailer) -> None:
    """Offers of the Notebook: one with an option, a renewal, and one at a partner that is handed nothing but an address."""
    settings.CHECKOUT_STORES = STORES
    own = settings.PARTNERS["standard-webhooks"] | {"name": "Example Shop", "policy_url": "https://shop.example/privacy"}
    settings.PARTNERS = settings.PARTNERS | {"standard-webhooks": own}
    make_offer(notebook, pk=1, price="29.00", currency="EUR").options.create(name="CD by post", value="cd")
    make_offer(notebook, pk=2, kind="renewal", code="N-R")
    make_offer(notebook, "fastspring", pk=3)


def buying_pages(stranger: Client, customer: Client) -> dict[str, str]:
    """What comes after the choice."""
    typed = {"offer": "1", "quantity": "2", "email": "carol@example.com", "name": "Carol <&>"}
    reviewed = review(stranger, Offer.objects.get(pk=1), 2, email="carol@example.com")
    return {
        "buy, none left": stranger.post(BUY, {"offer": "9", "quantity": "1"}).content.decode(),
        "buy, details with errors": stranger.post(BUY, typed | {"email": "x", "step": "review"}).content.decode(),
        "buy, what goes": reviewed.content.decode(),
        "buy, away": go(stranger, reviewed).content.decode(),
        "buy, changed": go(stranger, reviewed, quantity="3").content.decode(),
        "buy, filled in": customer.post("/resources/buy/notebook/", typed | {"fill_in": "1"}).content.decode(),
        "buy, a customer's": customer.post("/resources/buy/notebook/", typed | {"step": "review"}).content.decode(),
    }


def readers(alice, ada):
    record(Kind.RECORD_OPENED, user=alice, actor=ada, role="Support", reason="case 123: a lost code")
    record(Kind.DOWNLOAD_TAKEN, user=alice, product="NOTEBOOK", file="notebook-1.0.zip")
    alices = alice.entitlements.get()
    DownloadSession.objects.take(alices, ReleaseFile.objects.get(), None, "")
    alices.allow_more(2, "x")
    return log_in(alice), staff_log_in(ada)


def held(user) -> Client:
    """A browser in which somebody on hold has given the password, and written to support."""
    place(user, reason="x", text="Your account was used in two towns at once.", expires_at=timezone.now() + timedelta(days=3))
    client = Client()
    try_log_in(user.email, PASSWORD, client)
    client.post(HELD, {"text": "I took the train."})
    return client


def with_second_factor(alice) -> tuple[Client, Client, dict[str, object]]:
    """Alice's browser after both steps, another one after the first, and what the addresses of GUARDED name."""
    inside, between, device = Client(), Client(), enrolled(alice)
    second_factor.new_codes(alice)
    passkey = WebAuthnCredential.objects.create(user=alice, name="Blue key", credential_id=b"1", public_key=b"2")
    for client in (inside, between):
        client.post("/resources/log-in/", {"email": alice.email, "password": PASSWORD})
    forget_last_code(device)
    inside.post("/resources/log-in/second-factor/", {"token": code_of(device)})
    return inside, between, {"passkey": passkey.pk}


def let_confirmations_age() -> None:
    LoginSession.objects.update(confirmed_at=timezone.now() - timedelta(minutes=11))


PROMOTION_STAGES: dict[str, dict[str, object]] = {
    "full": {"limit": 5, "used": 4, "held": 1},
    "soon": {"starts_at": timezone.now() + timedelta(days=3)},
    "over": {"ends_at": timezone.now() - timedelta(days=3)},
    "stopped": {"stopped_at": timezone.now(), "stop_reason": "The codes were posted to a forum."},
}


@pytest.fixture(autouse=True)
def told(notebook) -> Announcement:
    """An announcement that was sent, and stands in the archive."""
    announcement = make_announcement(
        slug="told", state=State.SENT, began_at=timezone.now(), body="{{ greeting }}\n\n# New\n\n- It *prints*."
    )
    announcement.products.add(notebook)
    return announcement


@pytest.fixture(autouse=True)
def promotions(notebook) -> None:
    """One promotion that is running and asks for everything, and one in each other stage."""
    running = make_promotion(notebook)
    make_shared(running)
    for name in CONTACT_FIELDS:
        running.asked_fields.create(name=name, is_required=name == "name", why="We like to know who you are.")
    Promotion.objects.filter(pk=running.pk).update(text="## Why\n\nBecause it is *spring*.", ends_at=timezone.now() + timedelta(days=30))
    for slug, changes in PROMOTION_STAGES.items():
        other = Promotion.objects.create(title=f"Offer: {slug}", slug=slug, is_published=True, **changes)
        other.grants.create(product=notebook, units=3)


def announcement_pages() -> dict[str, str]:
    """Joining, choosing and leaving, with what may go wrong."""
    client, email = Client(), "carol@example.net"
    pages = {"asked": ask(email), "asked, wrong": ask("x")}
    link = mailed_link_of_group(latest_mail(email), "join")
    pages |= {"confirm": client.get(link), "joined": client.post(link)}
    mailbox = Mailbox.objects.get(email=email)
    choose, leave = path_of(mailbox, "preferences"), path_of(mailbox)
    pages |= {"topics": client.get(choose), "topics, saved": client.post(choose, {"releases": "on"}, follow=True)}
    pages |= {"leave": client.get(leave), "left": client.post(leave), "out": client.get(choose), "over": client.post(link)}
    pages["again"] = client.post(path_of(mailbox, "preferences") + "again/")
    return {f"announcements, {name}": answer.content.decode() for name, answer in pages.items()}


def staff_announcement_pages(staff: Client, told: Announcement) -> dict[str, str]:
    """One that is written, one that was sent, and a file of subscribers."""
    draft, file = make_announcement(slug="draft"), looked_through(csv_of([line("dora@example.net"), line("nobody")]))
    delivered("erin@example.net", told)
    paths = [page_of(draft, step) for step in ("change", "preview", "test", "checks", "release", "copy")]
    paths += [page_of(told, step) for step in ("change", "progress", "results")]
    paths += [
        f"/staff/announcements/{name}/" for name in ("announcement", "delivery", "mailbox", "bounce", "subscription", "subscriberfile")
    ]
    paths += [ADD, f"{PAGE}add/", f"{PAGE}{file.pk}/change/"]
    answers = {path: staff.get(path) for path in paths}
    assert {answer.status_code for answer in answers.values()} == {200}
    return {path: answer.content.decode() for path, answer in answers.items()}


def registering(email: str = "rosa@example.com") -> tuple[Client, str]:
    """A browser in which somebody has registered, and the path of the link in the mail."""
    client = Client()
    register(client, email=email, name="Rosa Reed")
    return client, mailed_link(latest_mail(email))


def promotion_pages(alice) -> dict[str, str]:
    """The steps of a registration, with what may go wrong in each."""
    client, link = registering()
    sent = {
        "step one, wrong": client.post("/promotions/spring/", {"code": "x"}),
        "step one, unknown": client.post("/promotions/spring/", {"code": "UNKN0WN"}),
        "step two": client.get(REGISTER),
        "step two, wrong": client.post(REGISTER, {"email": "x"}),
        "check mail": client.get(MAIL),
        "check mail, wrong": client.post(MAIL, {"typed": "x"}),
        "no cookies": Client().get(f"{REGISTER}?{TESTED}={int(time.time())}"),
        "confirm": client.get(link),
    }
    Redemption.objects.update(held_until=timezone.now())
    sent["lapsed"] = client.get(link)
    place(alice, reason="x", text="x")
    sent["account on hold"] = Client().post(registering(alice.email)[1])
    Promotion.objects.filter(slug="spring").update(stopped_at=timezone.now())
    sent["too late"] = client.post(link)
    Promotion.objects.filter(slug="spring").update(stopped_at=None)
    sent["it is yours"] = client.post(link, follow=True)
    Throttle.objects.update(free_at=9e12)
    sent["check mail, too often"] = client.post(MAIL, {"typed": "x"})
    return {f"promotion, {name}": answer.content.decode() for name, answer in sent.items()}


def staff_promotion_pages(staff: Client) -> dict[str, str]:
    """What staff watch and decide, once Rosa has registered and confirmed."""
    rosas = Redemption.objects.get(email="rosa@example.com")
    live = f"/staff/promotions-live/{rosas.promotion_id}/"
    single = f"/staff/promotions-live/registrations/{rosas.pk}/"
    batch = f"/staff/promotions-live/batches/{rosas.code.batch_id}/"
    paths = ["/staff/promotions-live/", live, f"{live}stop/", f"{live}disposable/", batch, f"{batch}stop/", single, f"{single}end/"]
    answers = {path: staff.get(path) for path in paths}
    assert {answer.status_code for answer in answers.values()} == {200}
    return {path: answer.content.decode() for path, answer in answers.items()}


def html_of_every_page(alice, alices, ada, notebook_file, told) -> dict[str, str]:
    stranger, (customer, staff) = log_in(alice), readers(alice, ada)
    signed(notebook_file)
    stranger.post("/resources/log-out/")
    stranger.post("/resources/password/forgotten/", {"email": alice.email})
    link = link_in(mail_to(alice.email))
    pages = {path: read(stranger, path).content.decode() for path in OPEN}
    pages["cookies refused"] = Client().get(f"/resources/log-in/?{TESTED}={int(time.time())}&next=/resources/").content.decode()
    pages["no cookies"] = Client().get("/resources/cookies/").content.decode()
    others = Client(headers={"Cookie": "x=<b>; greeting=y; =z"})
    pages["cookies of others"] = others.get("/resources/cookies/?removed=account").content.decode()
    pages["with GPC"] = stranger.get("/resources/cookies/", headers={"Sec-GPC": "1"}).content.decode()
    customer.post(f"/resources/downloads/{alices.pk}/", {"file": notebook_file.pk})
    pages |= {path: customer.get(path.format(entitlement=alices.pk)).content.decode() for path in CLOSED}
    pages["report"] = customer.get(f"/resources/activity/sessions/{alice.login_sessions.earliest('pk').pk}/report/").content.decode()
    pages |= {path: staff.get(path).content.decode() for path in STAFF}
    pages |= buying_pages(stranger, customer)
    pages |= address_change_pages(customer, alice)
    inside, between, values = with_second_factor(alice)
    pages |= {f"{path}, guarded": inside.get(path.format(**values)).content.decode() for path in GUARDED}
    pages["customer's new codes"] = inside.post("/resources/account/security/recovery-codes/").content.decode()
    pages["customer's second step"] = between.post("/resources/log-in/second-factor/", {"token": "x"}).content.decode()
    pages["customer's recovery code"] = between.get("/resources/log-in/second-factor/?recovery-code").content.decode()
    let_confirmations_age()
    pages["confirm"] = inside.get("/resources/confirm/?next=/resources/account/").content.decode()
    stranger.get(link)
    pages["set password"] = stranger.get("/resources/password/set/").content.decode()
    pages["forgotten, sent"] = stranger.post("/resources/password/forgotten/", {"email": alice.email}).content.decode()
    pages["log-in, with errors"] = stranger.post("/resources/log-in/", {"email": "x", "password": ""}).content.decode()
    pages["recovery codes"] = staff.post("/staff/second-factor/recovery-codes/").content.decode()
    customer.post("/resources/feedback/", {"text": "Please let me print in landscape."})
    pages["feedback, given"] = customer.get("/resources/feedback/").content.decode()
    pages["feedback, with errors"] = customer.post("/resources/feedback/", {"anonymous": "on", "may_we_answer": "on"}).content.decode()
    pages["on hold"] = held(User.objects.get(email="mallory@example.net")).get(HELD).content.decode()
    DownloadSession.objects.update(valid_until=timezone.now())
    pages["not given back"] = customer.post(f"/resources/downloads/{DownloadSession.objects.get().key}/give-back/").content.decode()
    alices.revoke(1)
    pages["refunded"] = customer.get("/resources/").content.decode()
    pages["refused"] = customer.post(f"/resources/downloads/{alices.pk}/", {"file": notebook_file.pk}).content.decode()
    give_password(ada, stranger)
    enrolled(ada)
    pages["second factor"] = stranger.get("/staff/second-factor/").content.decode()
    pages |= pages_of_cases(customer, alice, ada)
    pages |= promotion_pages(alice) | staff_promotion_pages(staff)
    pages |= announcement_pages() | staff_announcement_pages(staff, told)
    Throttle.objects.update(free_at=9e12)
    pages["too many tries"] = stranger.post("/resources/log-in/", {"email": alice.email, "password": "x"}).content.decode()
    return pages


def address_change_pages(customer, alice) -> dict[str, str]:
    """Contact data that changed meanwhile, a change of address that waits, and the pages behind its links."""
    customer.post("/resources/account/address/", {"new_email": "new@example.net"})
    customer.post("/resources/account/preferences/", {"greets": "on"})
    pages = {"address waits": customer.get("/resources/account/address/").content.decode()}
    pages["contact, changed"] = customer.post("/resources/account/contact/", {"name": "A", "city": "x" * 101}).content.decode()
    pages["preferences, changed"] = customer.post("/resources/account/preferences/", {"language": "xx"}).content.decode()
    digests = {name: digest(name) for name in ("old", "new", "undo")}
    change = AddressChange.objects.filter(user=alice)
    change.update(**{f"{name}_token_hash": value for name, value in digests.items()})
    pages |= {name: opened(f"/resources/account/address/confirm/{name}/") for name in ("old", "new")}
    change.update(done_at=timezone.now())
    pages["done"] = opened("/resources/account/address/confirm/old/")
    pages["undo"] = opened("/resources/account/address/undo/undo/")
    change.delete()
    return pages


def opened(link: str) -> str:
    """The page that a link in a mail leads to."""
    client = Client()
    return client.get(client.get(link)["Location"]).content.decode()


def test_every_page_is_valid_html(alice, alices, ada, mallory, notebook_file, told, tmp_path: Path):
    jar = os.environ.get("VNU_JAR", "")
    assert Path(jar).is_file(), "Set VNU_JAR to the Nu checker's vnu.jar; .ci/run fetches it."
    for number, (name, html) in enumerate(html_of_every_page(alice, alices, ada, notebook_file, told).items()):
        (tmp_path / f"{number:02}-{''.join(filter(str.isalnum, name))}.html").write_text(html)
    command = ["java", "-jar", jar, "--errors-only", "--skip-non-html", str(tmp_path)]
    result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert not result.stderr, result.stderr


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_has_an_axe_violation_or_is_wider_than_a_phone(page: Page, live_server, alice, alices, ada, mallory, notebook_file, scheme):
    customer, staff = readers(alice, ada)
    cookies = {name: customer.cookies[name].value for name in ("session", "authentication")}
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": 360, "height": 740})
    found = inspected(page, f"{live_server.url}/resources/log-in/?{TESTED}={int(time.time())}")  # as it is where cookies are refused
    for path in OPEN:
        found |= inspected(page, live_server.url + path)
    page.context.add_cookies([{"name": name, "value": value, "url": f"{live_server.url}/"} for name, value in cookies.items()])
    for path in CLOSED:
        found |= inspected(page, live_server.url + path.format(entitlement=alices.pk))
    inside, between, values = with_second_factor(alice)
    for client, paths in (
        (inside, GUARDED),
        (between, ["/resources/log-in/second-factor/", "/resources/log-in/second-factor/?recovery-code"]),
    ):
        take_cookies(page, live_server.url, client)
        for path in paths:
            found |= inspected(page, live_server.url + path.format(**values))
    let_confirmations_age()
    take_cookies(page, live_server.url, inside)
    found |= inspected(page, live_server.url + "/resources/confirm/?next=/resources/account/")
    found |= inspected_on_the_way(page, live_server.url)
    page.context.clear_cookies()
    page.context.add_cookies([{"name": "session", "value": held(mallory).cookies["session"].value, "url": f"{live_server.url}/"}])
    found |= inspected(page, live_server.url + HELD)
    found |= inspected_promotion(page, live_server.url)
    page.context.clear_cookies()
    cookies = {name: staff.cookies[name].value for name in ("session", "staff_authentication")}
    page.context.add_cookies([{"name": name, "value": value, "url": f"{live_server.url}/"} for name, value in cookies.items()])
    for path in STAFF:
        found |= inspected(page, live_server.url + path)
    assert found == {}


def inspected_on_the_way(page: Page, site: str) -> dict[str, object]:
    """The page with what was typed, and the page that shows what goes."""
    page.context.clear_cookies()
    page.goto(f"{site}/buy/notebook/?offer=1&quantity=2")
    page.fill("[name=email]", "x")
    page.click("button:has-text('Show what would go')")
    found = wrong_with(page, "details")
    page.fill("[name=email]", "a-very-long-address-of-somebody-who-buys-something@a-very-long-name-of-a-host.example")
    page.click("button:has-text('Show what would go')")
    return found | wrong_with(page, "review")


def inspected_promotion(page: Page, site: str) -> dict[str, object]:
    """What is wrong with the pages of a registration."""
    client, link = registering()
    take_cookies(page, site, client)
    found = {}
    for path in (REGISTER, MAIL, link):
        found |= inspected(page, site + path)
    page.get_by_role("button", name="Confirm").click()
    found |= inspected(page, page.url)
    page.goto(f"{site}{REGISTER}")
    page.get_by_label("E-mail address").fill("rosa@example")
    page.get_by_label("Name", exact=True).fill("Rosa")
    page.get_by_role("button", name="Register").click()
    return found | wrong_with(page, f"{REGISTER}, with errors")


def take_cookies(page: Page, site: str, client: Client) -> None:
    """Let the browser be where this client is."""
    page.context.clear_cookies()
    cookies = {name: client.cookies[name].value for name in ("session", "authentication") if name in client.cookies}
    page.context.add_cookies([{"name": name, "value": value, "url": f"{site}/"} for name, value in cookies.items()])


def inspected(page: Page, url: str) -> dict[str, object]:
    """What is wrong with a page, by its address; nothing if nothing is."""
    page.goto(url)
    return wrong_with(page, url)


def wrong_with(page: Page, name: str) -> dict[str, object]:
    """What is wrong with the page that the browser shows."""
    violations = Axe().run(page).response["violations"]
    wrong = [f"{one['id']}: {[node['html'][:120] for node in one['nodes']][:3]}" for one in violations]
    width = page.evaluate("document.documentElement.scrollWidth")
    if width > 360:
        wrong.append(f"{width} pixels wide")
    return {name: wrong} if wrong else {}
