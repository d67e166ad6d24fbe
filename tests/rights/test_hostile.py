"""What somebody hostile tries where persons ask by right: look-alike addresses, links that are no proof any more, odd names, malformed requests."""

from types import SimpleNamespace

import pytest
from django.db import IntegrityError
from django.test import Client

from accounts import holds
from accounts.models import Hold, User
from announcements.models import Subscription
from mailroom.models import OutgoingMail
from rights import tasks
from rights.models import State, SubjectRequest
from rights.report.writing import name_of
from tests.customer import log_in, mail_to
from tests.rights.reports import link_in, make
from tests.staff import enrolled
from tests.support.cases import incoming, make_case

pytestmark = pytest.mark.django_db
ASK, PROOF = "/privacy/your-data/", "/privacy/your-data/proof/"


def asked(address: str, kind: str = "report") -> None:
    assert Client().post(ASK, {"email": address, "kind": kind}).status_code == 200
    tasks.look_at_requests()


def recipients(cause: str) -> list[str]:
    return list(OutgoingMail.objects.filter(cause__startswith=cause).values_list("to", flat=True))


def test_the_link_for_an_account_goes_to_the_accounts_own_address(sam, ada):
    User.objects.filter(pk=sam.pk).update(email="Sam@example.com", email_key="sam@example.com")
    holds.place(sam, reason="shared", text="Please write to us.", by=ada)
    asked("ſam@example.com")  # a long s, which compares like an s
    assert recipients("proof:") == ["Sam@example.com"]


def test_the_link_goes_to_no_mailbox_that_only_compares_like_the_one_on_file(db):
    Subscription.objects.create(email="kim@example.net", email_key="kim@example.net", state="confirmed")
    asked("\N{KELVIN SIGN}im@example.net")
    assert recipients("proof:") == ["kim@example.net"]


def enrol(alice: User) -> None:
    enrolled(alice)


def lift(alice: User) -> None:
    hold = Hold.objects.get(user=alice)
    holds.lift(hold, by=hold.placed_by, reason="All is well.")


def move(alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(email="alice@example.org", email_key="alice@example.org")


@pytest.mark.parametrize("happens", [enrol, lift, move])
@pytest.mark.parametrize("kind", ["report", "erasure"])
def test_a_mailbox_that_would_not_be_enough_any_more_proves_nothing(alice, ada, happens, kind):
    """The link was mailed while the account was on hold; since then it has a second factor, can be logged in to, or has another address."""
    holds.place(alice, reason="shared", text="Please write to us.", by=ada)
    asked(alice.email, kind)
    link = link_in(mail_to(alice.email), PROOF)
    assert Client().get(link).status_code == 200
    happens(alice)
    assert Client().post(link).status_code == 404
    assert SubjectRequest.objects.get().state == State.UNPROVED
    assert tasks.make_due_reports() == 0


@pytest.mark.parametrize("name", ["evil.html.", "evil.HTML..", "x.svgz", "x.mht", "x.shtml", "x.xsl"])
def test_no_name_of_a_file_makes_a_browser_run_it(name):
    assert in_the_zip(name).endswith(".txt")


@pytest.mark.parametrize(
    "name", ["文" * 100, "\U00020000" * 100, "x" * 1000, "..", "", "/", "\x00", "../../etc/passwd", "C:\\x\\con", "\ud800"]
)
def test_every_name_of_a_file_is_one_that_file_systems_take(name):
    folder, _slash, last = in_the_zip(name).rpartition("/")
    assert folder == "files/support-casefile"
    assert len(last.encode()) < 200
    assert not set(last) & set('\\/:\x00"<>|?*\n')


def in_the_zip(name: str) -> str:
    return name_of(SimpleNamespace(slug="support-casefile"), SimpleNamespace(number=9_999_999), SimpleNamespace(name=name), 1)  # type: ignore[arg-type]


def test_letters_that_nothing_can_write_down_keep_nobodys_report(alice):
    make_case(alice.email, "half \ud800 a letter", user=alice, subject="\udc80", files=[incoming("a\udcff.txt", b"1")])
    report = make(alice)
    assert report.rows("support.CaseMessage")[0]["sealed"]["text"] == "half \ud800 a letter"
    assert "half ? a letter" in report.pages()["pages/support-casemessage-1.html"]


@pytest.mark.parametrize(("path", "kind"), [("", "report"), ("confirm/", "erasure")])
def test_what_ends_at_the_moment_at_which_it_is_asked_for_once_more_breaks_nothing(alice, monkeypatch, path, kind):
    client = log_in(alice)
    over = SubjectRequest.objects.create(kind=kind, user=alice, state=State.DONE)

    def too_late(self, *args, **options):
        raise IntegrityError("it was open when this was tried")

    monkeypatch.setattr(SubjectRequest, "save", too_late)
    assert client.post(f"/resources/your-data/{kind}/{path}", {"sure": "on"}).status_code == 302
    assert SubjectRequest.objects.get() == over


PATHS = (
    *(
        "/privacy/erasure/a%00b/",
        "/privacy/erasure/cancel/a%00b/",
        "/privacy/erasure/cancel/%ed%a0%80.x/",
        f"/privacy/erasure/{'9' * 7000}/",
    ),
    *("/privacy/erasure/%F0%9F%98%80/", f"{PROOF}%00/", f"{PROOF}%ed%a0%80/", f"{ASK}report/%00/", f"{ASK}report/%00/download/"),
)


def no_path_breaks(path: str) -> None:
    for method in ("get", "head", "post", "put", "options"):
        assert getattr(Client(), method)(path).status_code in (200, 404, 405), method


@pytest.mark.parametrize("path", PATHS)
def test_malformed_paths_lead_nowhere(path):
    no_path_breaks(path)


@pytest.mark.postgresql
@pytest.mark.parametrize("path", PATHS)
def test_malformed_paths_lead_nowhere_on_postgresql(path):
    no_path_breaks(path)


BODIES = {
    "long": b"x" * 10_000_000,
    "many": b"&".join(b"a%d=1" % number for number in range(2000)),
    "NUL": b"email=%00@example.com&kind=report",
    "a kind that there is not": b"email=a@example.com&kind=zzz",
    "a long domain": b"email=a@" + b"b" * 200 + b".c&kind=report",
    "no domain": b"email=a@xn--.com&kind=report",
    "no UTF-8": b"email=%ff%fe@example.com&kind=%ed%a0%80",
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_malformed_forms_break_nothing(body):
    client = Client(raise_request_exception=False)
    for path in (ASK, f"{PROOF}abc/", "/privacy/erasure/cancel/abc/"):
        assert client.post(path, body, content_type="application/x-www-form-urlencoded").status_code in (200, 400, 404)
    assert tasks.look_at_requests() == 0
    assert not OutgoingMail.objects.exists()
