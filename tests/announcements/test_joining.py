"""Joining the announcement group: one form in several places, a mail that asks, and an answer that tells nobody who belongs."""

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from accounts.models import MarketingChoice, Suppression, Throttle
from accounts.models.suppression import SuppressionReason, digest_of
from announcements.group import wording
from announcements.group.joining import link_of
from announcements.group.leaving import leave
from announcements.models import Mailbox, Subscription
from announcements.tasks import purge_subscriptions
from audit.models import AuditEvent
from mailroom.models import OutgoingMail
from tests.announcements.joining import EMAIL, HERE, JOIN, ask, form_on, join, latest_mail, link_in
from tests.pages import Tags, footer_of, words_of
from tests.threads import at_once

pytestmark = pytest.mark.django_db


def text_of(answer) -> str:
    return words_of(answer.content.decode().partition("<main")[2].partition("</main>")[0])


def let_a_minute_pass() -> None:
    Throttle.objects.all().delete()


# The form


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("/", "/"),
        ("/products/notebook/", "/products/notebook/"),
        ("/products/", "foot"),
        ("/contact/", "foot"),
        ("/privacy/", "foot"),
        ("/no-such-page/", "foot"),
        (JOIN, JOIN),
    ],
)
def test_general_pages_have_the_form_once_and_say_where_it_stood(notebook, path, source):
    ask(path=path)
    assert Subscription.objects.get().source == source


@pytest.mark.parametrize(
    "path", ["/buy/notebook/", "/announcements/leave/{token}/", "/announcements/preferences/{token}/", "/resources/log-in/"]
)
def test_where_something_else_is_done_the_form_does_not_stand(notebook, path):
    path = path.format(token=Mailbox.objects.at(EMAIL).token)
    assert JOIN not in Client().get(path, follow=True).content.decode().partition("<main")[2].partition("<footer>")[0]


@pytest.mark.parametrize("path", ["/resources/log-in/", "/promotions/"])
def test_other_areas_lead_to_its_page(path):
    assert JOIN in Tags(footer_of(Client().get(path, follow=True).content.decode())).links()


def test_it_works_without_any_cookie(browser_client):
    for path in ("/", "/contact/", JOIN):
        assert not browser_client.get(path).cookies
    answer = ask(client=browser_client)
    confirmed = browser_client.post(link_in(latest_mail()))
    assert not answer.cookies
    assert not confirmed.cookies
    assert not Session.objects.exists()
    assert "You get our announcements" in text_of(confirmed)


@pytest.mark.parametrize(
    "headers", [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://evil.example"}, {"Origin": "null"}]
)
def test_what_another_site_sends_is_not_read(headers):
    answer = Client().post(JOIN, form_on(Client(), JOIN) | {"email": EMAIL}, headers=headers)
    assert answer.status_code == 403
    assert "Another site sent this form" in text_of(answer)
    assert EMAIL not in answer.content.decode()
    assert not OutgoingMail.objects.exists()


@pytest.mark.parametrize(
    "email",
    [
        "",
        "x",
        "a@b",
        "a b@example.com",
        '"a b"@example.com',
        "a@example.com\nBcc: b@example.com",
        "a@example.com\x00",
        "x" * 300 + "@example.com",
    ],
)
def test_what_is_no_address_is_told_and_kept(email):
    answer = ask(email, "/")
    assert answer.status_code == 200
    assert "errorlist" in answer.content.decode()
    assert not Subscription.objects.exists()
    assert not OutgoingMail.objects.exists()


@pytest.mark.parametrize(
    "source",
    [
        "https://evil.example/",
        "//evil.example",
        "/resources/",
        "/products/../",
        "/products/x/y/",
        "x" * 5000,
        "/\n",
        "\x00",
        "/products/ü/",
    ],
)
def test_a_source_that_somebody_made_up_never_gets_into_the_proof(source):
    answer = Client().post(JOIN, form_on(Client(), JOIN) | {"email": EMAIL, "source": source}, headers=HERE)
    assert answer.status_code == 200
    assert "evil" not in answer.content.decode()
    assert set(Subscription.objects.values_list("source", flat=True)) <= {JOIN}


@pytest.mark.parametrize("body", [b"", b"email=%ff%fe", b"--x\r\nbroken", b"email=a@example.com&email=b@example.com"])
@pytest.mark.parametrize(
    "kind", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "multipart/form-data", "application/json"]
)
def test_no_body_breaks_it(body, kind):
    answer = Client(raise_request_exception=False).post(JOIN, body, content_type=kind, headers=HERE)
    assert answer.status_code in (200, 400)
    assert not Subscription.objects.exists()


# The proof


def test_the_proof_says_what_was_shown_where_and_when(germans):
    before = timezone.now()
    ask(path="/contact/", REMOTE_ADDR="x")
    subscription = Subscription.objects.get()
    assert (subscription.email, subscription.email_key, subscription.state, subscription.basis) == (
        EMAIL,
        EMAIL.lower(),
        "pending",
        "joined",
    )
    assert (subscription.source, subscription.language, subscription.ip) == ("foot", "en", "127.0.0.1")
    assert subscription.wording == wording.version_in("en")
    assert before <= subscription.asked_at <= timezone.now()
    assert subscription.confirmed_at is None
    Client(REMOTE_ADDR="192.0.2.7").post(link_in(latest_mail()))
    subscription.refresh_from_db()
    assert (subscription.state, subscription.confirmed_ip) == ("confirmed", "192.0.2.7")
    assert subscription.confirmed_at
    assert list(AuditEvent.objects.order_by("pk").values_list("kind", flat=True)) == ["group.asked", "group.joined"]


def test_the_language_of_the_words_is_noted(germans):
    client = Client(headers={"Accept-Language": "de"})
    ask(client=client)
    assert Subscription.objects.get().language == "de"


def test_other_words_have_another_version(monkeypatch):
    before = wording.version_of.__wrapped__("en", "Infacta", ())
    monkeypatch.setattr(wording, "render_to_string", lambda *_arguments: "We sell your address.")
    assert wording.version_of.__wrapped__("en", "Infacta", ()) != before


def test_whoever_joins_by_a_page_of_now_has_seen_the_words_of_now(settings):
    """Forms are kept, and so are versions: by all that the words name."""
    ask("first@example.net")
    settings.ANYMAIL_ESP = "brevo"
    assert "Your address goes to nobody but Brevo" in words_of(Client().get("/").content.decode())
    ask("second@example.net")
    assert Subscription.objects.count() == 2


@pytest.mark.parametrize("seen", ["", "0" * 12, None])
def test_whoever_saw_other_words_is_shown_those_of_today(seen):
    form = form_on(Client(), "/") | {"email": EMAIL}
    form = {name: value for name, value in form.items() if name != "wording"} | ({} if seen is None else {"wording": seen})
    answer = Client().post(JOIN, form, headers=HERE)
    assert "Please read what you join for" in text_of(answer)
    assert not Subscription.objects.exists()
    fields = Tags(answer.content.decode()).fields()
    assert (fields["email"], fields["source"]) == (EMAIL, "/")
    Client().post(JOIN, fields, headers=HERE)
    assert Subscription.objects.get().source == "/"


def test_the_page_tells_what_it_recorded():
    said = words_of(footer_of(ask().content.decode()))
    assert "that you join the announcement group: your e-mail address" in said
    assert "No cookie was set" in said
    assert "that you join the announcement group" not in words_of(footer_of(Client().get(JOIN).content.decode()))


# The mail, and what it links to


def test_a_get_of_the_link_confirms_nothing():
    ask()
    link = link_in(latest_mail())
    for _time in range(2):
        answer = Client().get(link)
        assert "Was it you?" in text_of(answer)
        assert (answer["Cache-Control"], answer["Referrer-Policy"], answer["X-Robots-Tag"]) == ("no-store", "no-referrer", "noindex")
        assert Client().head(link).status_code == 200
    assert Subscription.objects.get().state == "pending"
    assert not Mailbox.objects.exists()


def test_a_second_press_changes_nothing_and_says_the_same():
    ask()
    link = link_in(latest_mail())
    first, second = Client().post(link), Client().post(link)
    assert text_of(first) == text_of(second)
    assert AuditEvent.objects.filter(kind="group.joined").count() == Mailbox.objects.count() == 1


def test_after_seven_days_the_link_is_dead_and_the_address_goes():
    ask()
    link = link_in(latest_mail())
    Subscription.objects.update(asked_at=timezone.now() - timedelta(days=7, minutes=1))
    answer = Client().post(link)
    assert answer.status_code == 410
    assert JOIN in Tags(answer.content.decode()).links()
    assert purge_subscriptions() == 1
    assert Client().get(link).status_code == 404


def test_asking_again_makes_a_late_link_work_again():
    ask()
    link = link_in(latest_mail())
    Subscription.objects.update(asked_at=timezone.now() - timedelta(days=8))
    let_a_minute_pass()
    ask()
    assert Client().post(link).status_code == 200
    assert Subscription.objects.get().state == "confirmed"


def test_a_link_from_before_leaving_brings_nobody_back():
    mailbox = join()
    link = link_in(latest_mail())
    leave(mailbox)
    assert Client().post(link).status_code == 410
    assert Suppression.objects.of(EMAIL).exists()
    let_a_minute_pass()
    join()
    assert not Suppression.objects.of(EMAIL).exists()
    assert list(Subscription.objects.order_by("pk").values_list("state", flat=True)) == ["left", "confirmed"]


def test_whoever_leaves_before_confirming_is_not_joined_by_the_link():
    ask()
    link = link_in(latest_mail())
    leave(Mailbox.objects.at(EMAIL))
    assert Client().post(link).status_code == 410
    assert Suppression.objects.of(EMAIL).exists()


@pytest.mark.parametrize("token", ["x", "x.y", "%00", "ü", "x" * 3000, "00000000-0000-0000-0000-000000000000.aaaa"])
def test_a_link_that_is_none_of_ours_is_told_kindly(token):
    for method in ("get", "post"):
        answer = getattr(Client(), method)(f"{JOIN}{token}/")
        assert answer.status_code == 404
        assert "This link does not work" in answer.content.decode()


def test_a_link_with_another_key_is_none_of_ours():
    ask()
    link = link_in(latest_mail())
    assert Client().get(link.replace(str(Subscription.objects.get().key), "00000000-0000-0000-0000-000000000000")).status_code == 404


# Again, and again


def test_a_double_click_mails_once():
    for _press in range(2):
        assert ask().status_code == 200
    assert OutgoingMail.objects.count() == Subscription.objects.count() == 1


def test_asking_later_mails_again_and_both_links_work():
    ask()
    first = link_in(latest_mail())
    let_a_minute_pass()
    ask(path="/contact/")
    assert OutgoingMail.objects.count() == 2
    assert Subscription.objects.get().source == "foot", "the proof is of what the latest mail is about"
    assert Client().post(first).status_code == 200
    assert Client().post(link_in(latest_mail())).status_code == 200


def test_one_address_is_not_mailed_without_end_whatever_the_network(monkeypatch):
    for number in range(8):
        Throttle.objects.filter(pk__in=[]).delete()
        client = Client(REMOTE_ADDR=f"192.0.2.{number}")
        monkeypatch.setattr("accounts.models.throttle.time.time", lambda number=number: 1_700_000_000 + 61 * number)
        assert ask(client=client).status_code == 200
    assert OutgoingMail.objects.count() == 3


def test_one_mailbox_with_many_tags_is_not_mailed_without_end():
    for number in range(8):
        assert ask(f"victim+{number}@example.net").status_code == 200
    assert OutgoingMail.objects.count() == 3, "most mail servers deliver them all to victim@"
    ask("victim@example.org")
    assert OutgoingMail.objects.count() == 4


def test_one_network_cannot_ask_for_everybody():
    answers = [ask(f"somebody{number}@example.org").status_code for number in range(12)]
    assert answers == [200] * 10 + [429] * 2
    assert OutgoingMail.objects.count() == 10


# Nobody learns who belongs


def test_the_answer_is_the_same_for_everybody(alice, bob, mallory):
    join()
    bob.opt_out("preferences")
    let_a_minute_pass()
    known = [EMAIL, alice.email, bob.email, mallory.email]
    ask("pending@example.org")
    answers = {ask(email).content.decode().replace(email, "ADDRESS") for email in [*known, "pending@example.org", "stranger@example.org"]}
    assert len(answers) == 1


@pytest.mark.parametrize(("who", "queries"), [("member", 12), ("customer", 14), ("stranger", 16)])
def test_the_work_is_alike_whoever_asks(alice, django_assert_num_queries, who, queries):
    """Neither the answer nor its time tells: each has a look for the account and what stands, one row, and one mail."""
    join()
    let_a_minute_pass()
    form = form_on(Client(), "/") | {"email": {"member": EMAIL, "customer": alice.email}.get(who, "stranger@example.org")}
    with django_assert_num_queries(queries):
        Client().post(JOIN, form, headers=HERE)


def test_whoever_belongs_is_mailed_that_they_do():
    join()
    let_a_minute_pass()
    ask()
    text = latest_mail()
    assert "you belong to the announcement group" in text
    assert Client().get(link_in(text, "preferences")).status_code == 200
    assert Client().get(link_in(text, "leave")).status_code == 200
    assert Subscription.objects.count() == 1


def test_a_customer_who_gets_them_anyway_is_mailed_so(alice):
    ask(alice.email)
    assert "for you are a customer of ours" in latest_mail(alice.email)
    assert not Subscription.objects.exists()


def test_a_customer_who_refused_is_asked_and_the_account_follows(alice):
    alice.opt_out("preferences")
    ask(alice.email)
    alice.refresh_from_db()
    assert alice.opted_out_at, "nothing has been proved"
    Client().post(link_in(latest_mail(alice.email)))
    alice.refresh_from_db()
    assert alice.opted_out_at is None
    assert not Suppression.objects.of(alice.email).exists()
    assert MarketingChoice.objects.first().origin == "joined"
    assert Mailbox.objects.get(email_key=alice.email_key).user == alice


def test_a_customer_whose_mailbox_bounced_gets_them_again(alice):
    Suppression.objects.suppress(digest_of(alice.email), SuppressionReason.BOUNCED)
    join(alice.email)
    assert not Suppression.objects.of(alice.email).exists()


def test_whoever_joined_and_bounced_since_joins_anew():
    mailbox = join()
    Suppression.objects.suppress(mailbox.digest, SuppressionReason.BOUNCED)
    let_a_minute_pass()
    join()
    assert list(Subscription.objects.order_by("pk").values_list("state", flat=True)) == ["left", "confirmed"]
    assert not Suppression.objects.exists()


def test_other_spellings_are_the_same_mailbox():
    join("CAROL@EXAMPLE.NET")
    let_a_minute_pass()
    ask("carol@example.net")
    assert Subscription.objects.count() == Mailbox.objects.count() == 1


def test_an_erased_mailbox_joins_again_with_its_old_token():
    mailbox = join()
    mailbox.erase()
    Subscription.objects.all().delete()
    let_a_minute_pass()
    assert join().token == mailbox.token


# At once


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_ten_presses_at_once_are_one_subscription_and_one_mail():
    form = form_on(Client(), "/") | {"email": EMAIL}
    answers = at_once(lambda _n: Client().post(JOIN, form, headers=HERE).status_code, range(10))
    assert set(answers) == {200}
    assert OutgoingMail.objects.count() == Subscription.objects.count() == 1
    link = link_of(Subscription.objects.get())
    assert set(at_once(lambda _n: Client().post(link).status_code, range(8))) == {200}
    assert AuditEvent.objects.filter(kind="group.joined").count() == Mailbox.objects.count() == 1
