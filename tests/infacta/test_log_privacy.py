"""The site's main job leaves nobody in the log: distinct values go in by every way, and none may stand in what was written, in text or in JSON.

What is looked at is what web and worker write alike, for both use these formatters (infacta/celery.py), with the tracebacks of what breaks.
"""

import json
import logging
from urllib.parse import quote

import pytest
from django.db import IntegrityError, connection
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path

from accounts.models import User
from infacta.celery import app
from infacta.urls import handler400, handler403, handler404, handler500  # noqa: F401
from infacta.urls import urlpatterns as site
from mailroom.models import OutgoingMail
from mailroom.tasks import send_due_mails
from purchases.tasks import fulfil_due_events
from support.models import Case
from tests import cast
from tests.customer import link_in, log_in, mail_to, try_log_in
from tests.infacta.logged import Logs, logged
from tests.purchases.partner_side import SECRET, post, purchase
from tests.relay import running_relay
from tests.rights.asked import erase
from tests.support.pages import ask

MAIL = "zelda.quill@canary-mail.example"
NAME = "Zelda Quillfeather"
PASSWORD = "canary-Password-7731"
WRONG = "canary-wrong-Password-99"
ADDRESS = "198.51.100.231"
BUYERS_ADDRESS = "198.51.100.232"
TELEPHONE = "+353 91 777 4242"
TEXT = "canarytext of a case that nobody else may read"
BUYER = {"name": NAME, "email": MAIL, "telephone": TELEPHONE, "address1": "77 Canary Quay", "city": "Galway", "country": "IE"}
CANARIES = [
    MAIL,
    MAIL.partition("@")[0],
    "canary-mail",
    NAME,
    "Quillfeather",
    PASSWORD,
    WRONG,
    ADDRESS,
    BUYERS_ADDRESS,
    TELEPHONE,
    "canarytext",
    "Canary Quay",
]


def broken(request: HttpRequest) -> HttpResponse:
    email, name = request.POST["email"], request.POST["name"]  # local values of a frame in the traceback
    if "row" in request.GET:
        raise IntegrityError(f"duplicate key\nDETAIL:  Key (name)=({name}) exists.\nCONTEXT:  {name}\nLINE 1: INSERT {name}")
    raise ValueError(f"no room for {email}")


urlpatterns = [path("broken/", broken, name="broken"), *site]
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.urls(__name__)]


@app.task(name="tests.breaks")
def breaks(email: str) -> None:
    raise RuntimeError(f"{email} cannot be worked on")


@pytest.fixture
def browser() -> Client:
    return Client(raise_request_exception=False, REMOTE_ADDR=ADDRESS)


@pytest.fixture
def partner(settings) -> None:
    ours = settings.PARTNERS["standard-webhooks"] | {"secrets": [SECRET]}
    settings.PARTNERS = settings.PARTNERS | {"standard-webhooks": ours}


def buy(browser: Client) -> User:
    """From the notification to the mail that the relay refuses with an answer that repeats its recipient."""
    assert post(browser, purchase(buyer=BUYER, ip=BUYERS_ADDRESS)).status_code == 200
    fulfil_due_events()
    send_due_mails()
    return User.objects.get(email=MAIL)


def walk(browser: Client, settings, notebook) -> list[str]:
    """Everything that happens to a customer. Gives what came to be on the way and may not be told either."""
    cast.make_file(notebook)
    with running_relay(settings) as relay:
        relay.answers[MAIL] = f"550 5.1.1 <{MAIL}>: {NAME} is unknown here"
        customer = buy(browser)
        assert OutgoingMail.objects.exclude(answer="").exists()
    entitlement = customer.entitlements.get()
    code = entitlement.unlock_codes.get().code
    link = link_in(mail_to(MAIL))
    assert browser.get(link).status_code == 302
    browser.post(f"{link})")
    customer.set_password(PASSWORD)
    customer.save()
    assert try_log_in(MAIL, WRONG, browser).status_code == 200
    log_in(customer, browser, PASSWORD)
    assert code in browser.get("/resources/").content.decode()
    location = browser.post(f"/resources/downloads/{entitlement.pk}/", {"file": notebook.releases.get().files.get().pk})["Location"]
    assert browser.get(location).status_code == 200
    assert ask(browser, name=NAME, email=MAIL, subject="canarytext", text=TEXT).status_code in (200, 302)
    assert Case.objects.exists()
    go_wrong(browser, code)
    erase(customer)
    return [code, code[4:], link.split("/")[4], location.split("/")[-2]]


def go_wrong(browser: Client, code: str) -> None:
    form = {"email": MAIL, "name": NAME, "password": PASSWORD, "code": code}
    assert [browser.post(f"/broken/{how}", form).status_code for how in ("", "?row", f"?{quote(MAIL)}")] == [500, 500, 500]
    assert browser.get(f"/{MAIL}/").status_code == 404
    assert browser.get(f"/products/{quote(MAIL, safe='')}/").status_code == 404
    assert browser.get(f"/resources/?email={MAIL}&name=Quillfeather%00").status_code == 400
    assert browser.post("/healthz", form).status_code == 405
    forged = {"webhook-signature": "v1,forged"}
    assert post(browser, purchase("A-2", buyer=BUYER), **forged).status_code >= 400
    assert post(browser, b'{"name": "Zelda Quillfeather", "email": "' + MAIL.encode()).status_code >= 400
    breaks.apply(args=[MAIL], throw=False)
    logging.getLogger("tests").warning("<%s> said %r", MAIL, {"to": MAIL.upper(), "by": quote(MAIL, safe="")})


@pytest.fixture
def logs(browser, settings, partner, notebook) -> tuple[Logs, list[str]]:
    logging.getLogger("mail.log").setLevel(logging.WARNING)  # the test's own mail relay's
    with logged(logging.DEBUG) as written:
        secrets = walk(browser, settings, notebook)
    return written, secrets


def test_nobody_is_in_the_log(logs):
    written, secrets = logs
    for canary in [*CANARIES, *secrets]:
        for form in (canary, canary.upper(), quote(canary, safe="")):
            found = [line for line in written.all.splitlines() if form in line]
            assert not found, (canary, found[:3])


def test_what_an_operator_needs_is_there(logs):
    text, lines = logs[0].text, [json.loads(line) for line in logs[0].json.splitlines()]
    assert {line["level"] for line in lines} >= {"ERROR", "WARNING"}
    assert "ValueError: no room for (address)" in text
    assert "IntegrityError: duplicate key" in text
    assert "A notification of standard-webhooks was refused" in text
    assert "tests.breaks" in text
    assert "Not Found: /(address)/" in text
    assert "<(address)> said" in text
    assert all(set(line) <= {"time", "level", "logger", "message", "request_id", "view", "task", "status", "exception"} for line in lines)


@pytest.mark.postgresql
def test_what_the_database_says_of_a_row_is_not_repeated():
    User.objects.create_user(MAIL, PASSWORD, name=NAME)
    with logged() as written:
        try:
            with connection.cursor() as cursor:
                cursor.execute("INSERT INTO accounts_user (email, name, email_key) VALUES (%s, %s, %s)", [MAIL, NAME, MAIL])
        except IntegrityError:
            logging.getLogger("tests").exception("It broke.")
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT FROM WHERE %s", [NAME])
        except Exception:
            logging.getLogger("tests").exception("It broke.")
    assert written.text.count("It broke.") == 2
    for canary in CANARIES:
        assert canary not in written.all, canary
