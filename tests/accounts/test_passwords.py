"""Set-password links, forgotten passwords, and changing them."""

import pytest
from django.test import Client

from accounts.contact import Contact
from accounts.models import LoginSession, User
from audit.models import AuditEvent
from downloads.fulfilment import Line, Source, fulfil
from mailroom.models import OutgoingMail
from tests.cast import PASSWORD
from tests.customer import link_in, log_in, mail_to, try_log_in
from tests.threads import at_once

pytestmark = pytest.mark.django_db
NEW = "quite another phrase"


@pytest.fixture
def newcomer(notebook) -> User:
    """Has just bought, and has no password yet."""
    return fulfil(
        Contact(email="new@example.com", name="Nora New"), [Line(notebook, 1)], Source("purchase:test:N-1", "your order N-1")
    ).user


def follow(link: str, client: Client) -> str:
    response = client.get(link)
    assert response["Location"] == "/resources/password/set/"
    return response["Location"]


def test_a_newcomer_sets_a_password_and_logs_in(newcomer):
    client = Client()
    page = follow(link_in(mail_to(newcomer.email)), client)
    assert newcomer.email in client.get(page).content.decode()
    response = client.post(page, {"new_password": NEW})
    assert response["Location"] == "/resources/log-in/"
    assert client.get("/resources/").status_code == 302, "setting a password logs nobody in"
    log_in(newcomer, client, NEW)
    assert AuditEvent.objects.filter(kind="password.changed", user=newcomer).count() == 1
    assert "was changed" in mail_to(newcomer.email).subject


def test_the_token_never_stays_in_the_address(newcomer):
    link = link_in(mail_to(newcomer.email))
    assert link.split("/")[-2] not in Client().get(link)["Location"]


def test_looking_at_a_link_does_not_use_it_up(newcomer):
    link = link_in(mail_to(newcomer.email))
    for _scanner in range(3):
        Client().get(link)
        Client().head(link)
    client = Client()
    assert client.post(follow(link, client), {"new_password": NEW}).status_code == 302


def test_a_link_works_once(newcomer):
    link = link_in(mail_to(newcomer.email))
    first, second = Client(), Client()
    for client in (first, second):
        follow(link, client)
    assert first.post("/resources/password/set/", {"new_password": NEW}).status_code == 302
    late = second.post("/resources/password/set/", {"new_password": "the attacker's choice"})
    assert late.status_code == 404
    assert "does not work any more" in late.content.decode()
    assert Client().get(link).status_code == 404
    log_in(newcomer, password=NEW)


def test_a_link_ends_with_a_log_in(alice):
    Client().post("/resources/password/forgotten/", {"email": alice.email})
    link = link_in(mail_to(alice.email))
    log_in(alice)
    assert Client().get(link).status_code == 404


def test_a_link_ends_after_three_days(newcomer, settings):
    link = link_in(mail_to(newcomer.email))
    settings.PASSWORD_RESET_TIMEOUT = -1
    assert Client().get(link).status_code == 404


@pytest.mark.parametrize("link", ["x/y", "MQ/abc-def", "!!/x", "OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk/a-b", "MQ/%00", "w7w/a"])
def test_wrong_links_are_dead_links(alice, link):
    assert Client().get(f"/resources/password/{link}/").status_code == 404


@pytest.mark.parametrize("password", ["short", "password123", "alice@example.com", "x" * 300, ""])
def test_weak_passwords_are_refused_with_a_reason(newcomer, password):
    client = Client()
    page = follow(link_in(mail_to(newcomer.email)), client)
    response = client.post(page, {"new_password": password.replace("alice", "new")})
    assert response.status_code == 200
    assert 'class="errorlist"' in response.content.decode()


def test_a_forgotten_password_is_renewed(alice):
    client = Client()
    response = client.post("/resources/password/forgotten/", {"email": "ALICE@example.COM"})
    assert "on its way" in response.content.decode()
    mail = mail_to("alice@example.com")
    assert mail.to == alice.email, "the mail goes to the address as it stands in the account"
    client.post(follow(link_in(mail), client), {"new_password": NEW})
    assert try_log_in(alice.email, PASSWORD).status_code == 200
    log_in(alice, password=NEW)


def test_the_answer_does_not_tell_whether_there_is_an_account(alice):
    known = Client().post("/resources/password/forgotten/", {"email": "alice@example.com"}).content.decode()
    unknown = Client().post("/resources/password/forgotten/", {"email": "nobody@example.com"}).content.decode()
    assert known.replace("alice@example.com", "") == unknown.replace("nobody@example.com", "")
    mail = mail_to("nobody@example.com")
    assert "no account" in mail.text
    assert "/password/" not in mail.text


def test_both_branches_cost_the_same_queries(alice, django_assert_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def cost(email: str) -> list[str]:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            Client().post("/resources/password/forgotten/", {"email": email})
        return [query["sql"].split()[0] for query in captured]

    cost("warm@example.com")  # the top of the page, which is kept for a minute
    assert cost("alice@example.com") == cost("nobody@example.com")


def test_a_mailbox_cannot_be_flooded(alice):
    for number in range(6):
        response = Client().post("/resources/password/forgotten/", {"email": alice.email}, REMOTE_ADDR=f"198.51.100.{number}")
        assert response.status_code == 200
    assert OutgoingMail.objects.filter(cause__startswith="password:").count() == 3


def test_one_network_cannot_mail_the_world(db):
    codes = [Client().post("/resources/password/forgotten/", {"email": f"user{number}@example.com"}).status_code for number in range(11)]
    assert codes == [200] * 10 + [429]


def test_links_name_the_configured_site(alice):
    Client().post("/resources/password/forgotten/", {"email": alice.email}, HTTP_HOST="127.0.0.1")
    assert "http://localhost:8000/resources/password/" in mail_to(alice.email).text
    assert Client().post("/resources/password/forgotten/", {"email": alice.email}, HTTP_HOST="evil.example").status_code == 400


def test_changing_the_password_ends_every_other_log_in(alice):
    here, elsewhere = log_in(alice), log_in(alice)
    response = here.post("/resources/account/password/", {"current_password": PASSWORD, "new_password": NEW})
    assert response["Location"] == "/resources/account/"
    assert here.get("/resources/").status_code == 200
    assert elsewhere.get("/resources/").status_code == 302
    assert LoginSession.objects.filter(user=alice, ended_at=None).count() == 1


def test_changing_the_password_needs_the_present_one(alice):
    client = log_in(alice)
    response = client.post("/resources/account/password/", {"current_password": "wrong", "new_password": NEW})
    assert "not your present password" in response.content.decode()
    codes = [
        client.post("/resources/account/password/", {"current_password": "wrong", "new_password": NEW}).status_code for _try in range(10)
    ]
    assert codes[-1] == 429
    alice.refresh_from_db()
    assert alice.check_password(PASSWORD)


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_a_link_used_by_many_at_once_works_once(newcomer):
    link, clients = link_in(mail_to(newcomer.email)), [Client() for _number in range(6)]
    for client in clients:
        follow(link, client)

    def use(number: int) -> bool:
        answer = clients[number].post("/resources/password/set/", {"new_password": f"the phrase of number {number}"})
        return answer.status_code == 302 and answer["Location"] == "/resources/log-in/"

    won = [number for number, worked in enumerate(at_once(use, range(6))) if worked]
    assert len(won) == 1
    newcomer.refresh_from_db()
    assert newcomer.check_password(f"the phrase of number {won[0]}")
