"""What a customer does at “Your activity”, through real requests."""

from django.test import Client

from accounts.models import LoginSession, User
from audit.kinds import Kind
from audit.log import record
from audit.models import AuditEvent
from tests.pages import words_of

HOME = "/resources/activity/"
OTHERS = f"{HOME}sessions/end-others/"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; rv:140.0) Gecko/20100101 Firefox/140.0"
SAFARI = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.0 Mobile/15E148 Safari/604.1"


def browser(address: str = "203.0.113.1", name: str = FIREFOX) -> Client:
    """A browser at this address; the test has to trust the proxy that says so (the fixture `behind_a_proxy`)."""
    return Client(headers={"X-Forwarded-For": address, "User-Agent": name})


def said(client: Client, path: str = HOME) -> str:
    """What a person reads on the page."""
    answer = client.get(path)
    assert answer.status_code == 200, answer
    return words_of(answer.content.decode())


def latest(user: User) -> LoginSession:
    return LoginSession.objects.filter(user=user).latest("pk")


def end_of(session: LoginSession) -> str:
    return f"{HOME}sessions/{session.pk}/end/"


def report_of(row: LoginSession | AuditEvent) -> str:
    return f"{HOME}{'sessions' if isinstance(row, LoginSession) else 'downloads'}/{row.pk}/report/"


def is_in(client: Client) -> bool:
    return client.get("/resources/").status_code == 200


def taken_by(user: User, **detail: object) -> AuditEvent:
    return record(Kind.DOWNLOAD_TAKEN, user=user, product="NOTEBOOK", file="notebook-1.0.zip", **detail)
