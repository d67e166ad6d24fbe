"""Every page of the staff area: URL by role, and the status (promise C15). A page that is not in the table fails the test."""

import re

import pytest
from django.test import Client
from django.urls import get_resolver

from accounts.models import User
from tests.customer import log_in
from tests.pages import routes
from tests.staff import open_record, reason_page, staff_log_in
from tests.staff_rows import make_rows
from tests.support.cases import make_case

pytestmark = pytest.mark.django_db

Statuses = tuple[int, int, int, int, int, int]


def staff(closed: int, opened: int, others: int, ada: int) -> Statuses:
    """Strangers and customers are sent to the log-in. Then: Sam before he opens Alice's record, with it open, Sam asking for Bob's, Ada."""
    return (302, 302, closed, opened, others, ada)


ALL = staff(200, 200, 200, 200)
NONE = staff(403, 403, 403, 403)
ADA = staff(403, 403, 403, 200)
ROW = staff(404, 200, 404, 200)  # within reach
AWAY = staff(302, 302, 302, 302)
LEADS_ON = {"*/": AWAY}
FACTS = {"": ALL, "add/": NONE, "*/change/": ROW, "*/history/": ROW, "*/delete/": staff(404, 403, 404, 403)} | LEADS_ON
HERS = staff(404, 403, 404, 200)  # Ada's alone, and not even there for Sam while he has not opened the record
FACTORS = {"": ADA, "add/": NONE, "*/change/": HERS, "*/history/": HERS, "*/delete/": staff(404, 403, 404, 403)} | LEADS_ON
APPS = FACTORS | {"*/delete/": HERS}
FOR_ADA = {"": ADA, "add/": NONE, "*/change/": ADA, "*/history/": ADA, "*/delete/": NONE} | LEADS_ON
NEVER = staff(404, 404, 404, 200)  # rows that lead to nobody
NOT_IN_HAND = staff(404, 404, 404, 404)  # of a case on which they do not work
NOTIFICATIONS = {"": ADA, "add/": NONE, "*/change/": NEVER, "*/history/": NEVER, "*/delete/": staff(404, 404, 404, 403)} | LEADS_ON
CATALOGUE = {"": ALL, "add/": ADA, "*/change/": ALL, "*/history/": ALL, "*/delete/": ADA} | LEADS_ON
POSTED = (302, 302, 405, 405, 405, 405)
ELSEWHERE = staff(403, 403, 403, 302)  # for Ada back to the release, which is not withdrawn
CODES = {"": ADA, "add/": ADA, "*/change/": ADA, "*/history/": ADA, "*/delete/": ADA} | LEADS_ON
MODELS = {
    "accounts/user/": FACTS,
    "accounts/loginsession/": FACTS,
    "accounts/addresschange/": FACTS,
    "accounts/hold/": FACTS | {"add/": ADA, "*/lift/": ADA, "*/close/": ADA},
    "accounts/misusefinding/": FACTORS | {"*/hold/": ADA, "*/dismiss/": ADA},
    "accounts/recoverydevice/": FACTORS,
    "otp_totp/totpdevice/": APPS,
    "django_otp_webauthn/webauthncredential/": FACTORS,
    "audit/auditevent/": FACTS,
    "audit/seal/": FOR_ADA,
    "mailroom/outgoingmail/": FACTS,
    "mailroom/incomingmail/": NOTIFICATIONS,
    "downloads/product/": CATALOGUE | {"*/delete/": NONE},  # that was bought
    "downloads/edition/": CATALOGUE,
    "downloads/release/": CATALOGUE | {"preview/": POSTED, "*/withdraw/": ADA, "*/reinstate/": ELSEWHERE, "*/delete/": NONE},  # with files
    "downloads/releasefile/": CATALOGUE | {"*/delete/": NONE},  # of a release that is out
    "downloads/publickey/": CATALOGUE | {"add/": NONE},
    "downloads/entitlement/": FACTS,
    "downloads/allowanceentry/": FACTS,
    "downloads/unlockcode/": FACTS | {"*/licence/": ROW, "*/reissue/": ROW},
    "downloads/downloadsession/": FACTS,
    "purchases/purchase/": FACTS | {"*/evidence/": ROW},
    "purchases/webhookevent/": NOTIFICATIONS
    | {"partners/": ADA, "import/": ADA}
    | dict.fromkeys(["*/replay/", "*/close/", "*/waive/", "*/dry-run/"], staff(405, 405, 405, 405)),
    "purchases/productcode/": CODES | {"unknown-codes/": ADA},
    "purchases/partnersecret/": CODES,
    "purchases/offer/": CATALOGUE | {"*/look/": ALL},
    "purchases/formprofile/": CODES | {"*/try/": ADA},
    "purchases/ordermailprofile/": CODES | {"*/try/": ADA, "*/secret/": ADA},
    "promotions/promotion/": CATALOGUE
    | {"*/preview/": ADA, "*/publish/": ELSEWHERE, "*/withdraw/": ELSEWHERE, "*/delete/": NONE},  # published already, and on
    "promotions/codebatch/": FOR_ADA | {"add/": ADA, "*/progress/": ADA, "*/export/": POSTED, "*/received/": ELSEWHERE},  # not exported yet
    "promotions/promocode/": FOR_ADA,
    "promotions/redemption/": FACTS,
    "announcements/mailbox/": FACTS,
    "announcements/bounce/": FACTS,
    "announcements/subscriberfile/": FOR_ADA
    | {"add/": ADA, "export/": POSTED, "*/progress/": ADA, "*/import/": POSTED, "*/discard/": POSTED},
    "accounts/suppression/": NOTIFICATIONS | {"*/lift/": ADA},
    "announcements/announcement/": CODES
    | dict.fromkeys(["preview/", "audience/"], POSTED)
    | dict.fromkeys(["*/preview/", "*/test/", "*/checks/", "*/release/", "*/copy/", "*/progress/", "*/figures/", "*/results/"], ADA)
    | dict.fromkeys(["*/withdraw/", "*/pause/", "*/resume/", "*/cancel/", "*/send-again/"], ELSEWHERE),  # a draft
    "announcements/delivery/": FACTS,
    "announcements/subscription/": NOTIFICATIONS,
    "support/feedback/": FACTS,
    "support/destruction/": NOTIFICATIONS,
    "rights/subjectrequest/": FACTS | {"add/": ALL},
    "rights/erasure/": FACTORS,
    "support/reconciliation/": FOR_ADA,
    "support/cannedanswer/": CATALOGUE | {"add/": ALL},
    "support/feedbacktag/": CATALOGUE | {"add/": ALL},
}
TABLE = {
    "": ALL,
    "login/": (200, 200, 302, 302, 302, 302),
    "logout/": AWAY,  # by POST alone, so this leads to the start page
    "second-factor/": AWAY,
    "second-factor/enrol/": ALL,
    "second-factor/recovery-codes/": (405, 405, 405, 405, 405, 405),
    "password_change/": ALL,
    "password_change/done/": ALL,
    "jsi18n/": ALL,
    "autocomplete/": NONE,  # for what no field of ours asks for
    "r/*/*/": staff(404, 404, 404, 404),
    "{app}/": ALL,
    "{anything}": staff(404, 404, 404, 404),
    "promises/": ADA,
    "confirm/": AWAY,  # whoever logged in within ten minutes is asked nothing
    "home/": ALL,
    "home/*/": staff(404, 404, 404, 200),
    "home/*/csv/": staff(404, 404, 404, 200),
    "customers/find/": ALL,
    "customers/*/open/": staff(200, 200, 404, 200),  # for Bob: Sam has not found him
    "customers/*/close/": staff(405, 405, 405, 405),
    "register/": ADA,
    "register/csv/": ADA,
    "retention/": ADA,
    "promotions-live/": ALL,
    "promotions-live/*/": ALL,
    "promotions-live/*/stop/": ADA,
    "promotions-live/*/export/": POSTED,
    "promotions-live/*/disposable/": ALL,
    "promotions-live/batches/*/": ADA,
    "promotions-live/batches/*/stop/": ADA,
    "promotions-live/people/*/": ALL,
    "promotions-live/registrations/*/": ROW,
    "promotions-live/registrations/*/end/": ADA,
    "promotions-live/registrations/*/reinstate/": ADA,
    "desk/": ALL,
    "desk/find/": ALL,
    "desk/figures/": ALL,
    "desk/*/": ALL,  # whose it is; what was told in it stands there for whoever works on it (tests/support/test_taking_on.py)
    "desk/*/keep/": ADA,
    **{f"desk/*/{act}/": POSTED for act in ("take", "take-over", "hand-over", "give-back", "answer", "note", "close", "reopen", "lift")},
    "desk/*/files/*/": POSTED,
    "desk/*/diagnostics/*/": POSTED,
    "desk/*/diagnostics/*/*/": POSTED,
    "desk/log-in-help/repeats/": ALL,
    "desk/log-in-help/orders/*/": ALL,
    **{f"desk/*/login-help/{act}/": NOT_IN_HAND for act in ("send/*", "refuse", "keep")},
    **{f"desk/*/objection/{act}": NOT_IN_HAND for act in ("uphold/", "refuse/")},
    **{f"desk/*/correction/{act}": NOT_IN_HAND for act in ("", "apply/", "by-hand/", "refuse/")},
    **{f"desk/*/reinstatement/{act}/": NOT_IN_HAND for act in ("lift", "close")},
} | {f"{model}{page}": statuses for model, pages in MODELS.items() for page, statuses in (pages | {"csv/": POSTED}).items()}


def route_of(pattern: str) -> str:
    """A pattern of the staff area as the table names it."""
    named = pattern.removeprefix("staff/")
    if named.startswith("(?P<app_label>"):
        return "{app}/"
    return "{anything}" if named.startswith("(?P<url>") else re.sub(r"<[^>]+>", "*", named)


def address_of(route: str, rows: dict[str, int], key: str) -> str:
    filled = route.replace("{app}", "downloads").replace("{anything}", "no-such-page/").replace("customers/*/open", f"customers/{key}/open")
    label = label_of(route)
    if label == "case":
        return "/staff/" + filled.replace("*", rows["case"], 1).replace("*", "1")
    if route.startswith("home/"):
        return "/staff/" + filled.replace("*", "purchases")
    if label == "people":
        return "/staff/" + filled.replace("*", "0" * 16)
    return "/staff/" + filled.replace("*", str(rows.get(label, rows["accounts.user"])))


def label_of(route: str) -> str:
    """The model whose row the address names."""
    parts = route.split("/")
    if parts[0] == "desk":
        return "people" if parts[1] == "log-in-help" else "case"
    if parts[0] != "promotions-live":
        return ".".join(parts[:2])
    return {"batches": "promotions.codebatch", "registrations": "promotions.redemption", "people": "people"}.get(
        parts[1], "promotions.promotion"
    )


@pytest.fixture
def rows(alice: User, bob: User, alices, bobs, notebook_file) -> dict[str, dict[str, int]]:
    return {
        user.name.split()[0].lower(): make_rows(user, owned, notebook_file) | {"case": make_case(user=user, email=user.email).reference}
        for user, owned in ((alice, alices), (bob, bobs))
    }


@pytest.fixture
def customer(alice: User) -> Client:
    """Alice, logged in at her own pages."""
    return log_in(alice)


def key_in(page: str) -> str:
    return page.split("/")[-3]


def test_every_page_of_the_staff_area_opens_for_whom_it_should(customer, rows, alice, bob, sam, ada):
    clients = {"stranger": Client(), "alice": customer, "sam": staff_log_in(sam), "ada": staff_log_in(ada)}
    keys = {name: key_in(reason_page(clients[name], alice)) for name in ("sam", "ada")}
    adas_key_to_bob = key_in(reason_page(clients["ada"], bob))

    def statuses(name: str, whose: str, key: str) -> dict[str, int]:
        return {route: clients[name].get(address_of(route, rows[whose], key)).status_code for route in TABLE}

    columns = [
        statuses("stranger", "alice", keys["sam"]),
        statuses("alice", "alice", keys["sam"]),
        statuses("sam", "alice", keys["sam"]),
    ]
    open_record(clients["sam"], alice)
    columns += [
        statuses("sam", "alice", keys["sam"]),
        statuses("sam", "bob", adas_key_to_bob),
        statuses("ada", "alice", keys["ada"]),
    ]
    assert {route: tuple(column[route] for column in columns) for route in TABLE} == TABLE


def test_every_page_of_the_staff_area_is_in_the_table():
    there = {route_of(route) for route in routes(get_resolver().url_patterns) if route.startswith("staff/")}
    assert there == set(TABLE)


@pytest.mark.parametrize("route", ["customers/find/", "customers/1/close/", "downloads/entitlement/{entitlement}/change/", "logout/"])
def test_strangers_and_customers_post_nothing(customer, rows, route):
    for client in (Client(), customer):
        response = client.post(
            "/staff/" + route.format(entitlement=rows["alice"]["downloads.entitlement"]), {"typed": "x", "reason": "because"}
        )
        assert response.status_code == 302
        assert response["Location"].startswith("/staff/"), "the log-in, or the start page that leads there"
