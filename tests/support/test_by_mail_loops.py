"""Nothing that a machine sends is answered, so no two machines can keep each other busy (RFC 3834)."""

from email.message import EmailMessage, Message

import pytest

from mailroom.incoming import take_in
from mailroom.models import IncomingMail, OutgoingMail
from mailroom.tasks import send_due_mails
from support.models import Case
from tests.relay import Relay, running_relay
from tests.support.cases import make_case
from tests.support.letters import answer_to, mail_to, question

pytestmark = pytest.mark.django_db
MARKS = [
    {"Auto_Submitted": "auto-replied"},
    {"Auto_Submitted": "auto-generated; owner-email=x"},
    {"Auto_Submitted": "Auto-Notified"},
    {"Precedence": "bulk"},
    {"Precedence": "Junk"},
    {"Precedence": "list"},
    {"Precedence": "auto_reply"},
    {"X_Autoreply": "yes"},
    {"X_Autorespond": "yes"},
    {"List_Id": "<news.example.net>"},
    {"Return_Path": "<>"},
    {"sender": "MAILER-DAEMON@mx.example.net"},
    {"sender": "Support <help@vendor.example>"},
    {"sender": "help+tag@vendor.example"},
    {"sender": "Example Software <SITE@vendor.example>"},
    {"sender": "case+2222-2222-0123456789abcdef@vendor.example"},
    {"sender": "bounce+1-2@vendor.example"},
    {"sender": "visitor@example.net, site@vendor.example"},
]


@pytest.fixture(autouse=True)
def addresses(settings):
    settings.SUPPORT_EMAIL, settings.DEFAULT_FROM_EMAIL = "help@vendor.example", "Example Software <site@vendor.example>"
    settings.MAIL_DOMAIN = "vendor.example"


@pytest.fixture
def relay(settings):
    with running_relay(settings) as relay:
        yield relay


@pytest.mark.parametrize("mark", MARKS, ids=str)
def test_what_a_machine_sends_opens_no_case_and_is_destroyed(mark):
    take_in(question(**mark))
    row = IncomingMail.objects.get()
    assert (row.state, row.source, row.sender, row.subject) == ("taken", "", "", "")
    assert not Case.objects.exists()
    assert not OutgoingMail.objects.exists()


@pytest.mark.parametrize("mark", MARKS, ids=str)
def test_what_a_machine_answers_in_a_case_is_not_kept_and_proves_nothing(mark):
    case = make_case()
    take_in(answer_to(case, **mark))
    case.refresh_from_db()
    assert (case.messages.count(), case.address_proved_at) == (1, None)
    assert IncomingMail.objects.get().state == "taken"


@pytest.mark.parametrize(
    "mark", [{"Auto_Submitted": "no"}, {"Auto_Submitted": " No "}, {"Precedence": "first-class"}, {"Return_Path": "<visitor@example.net>"}]
)
def test_what_a_person_sends_is_read(mark):
    take_in(question(**mark))
    assert Case.objects.count() == 1


def test_a_report_of_a_mail_server_opens_no_case():
    report = b"""From: postmaster@example.net\nTo: site@vendor.example\nDelivered-To: help@vendor.example\nSubject: Undelivered
Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\n\nSorry.\n--b\nContent-Type: message/delivery-status\n
Reporting-MTA: dns; mx\n\nFinal-Recipient: rfc822; v@example.net\nAction: failed\nStatus: 5.1.1\n\n--b--\n"""
    take_in(report.replace(b"postmaster", b"gateway"))
    assert not Case.objects.exists()


def test_our_own_mail_that_comes_back_under_another_name_is_known():
    make_case()
    ours = OutgoingMail.objects.get().message_id
    take_in(question(number=ours, sender="forwarder@example.net"))
    assert Case.objects.count() == 1


def reply(mail: Message, to: str, number: int, **headers: str) -> bytes:
    """As a responder writes that answers whatever comes."""
    answer = EmailMessage()
    facts = {"From": str(mail["To"]), "To": to, "Subject": f"Re: {mail['Subject']}", "Message-ID": f"<r{number}@responder.example>"}
    for name, value in (facts | headers).items():
        answer[name] = value
    answer.set_content("Thank you for your mail. We shall answer soon.")
    return answer.as_bytes()


def bounced_to_and_fro(relay: Relay, turns: int, answering) -> int:
    """How many mails this site sent, while a responder answers each of them."""
    for _turn in range(turns):
        already = len(relay.received)
        send_due_mails()
        for number, mail in enumerate(relay.received[already:], already):
            take_in(answering(mail, number))
    return len(relay.received)


def test_two_sites_of_this_kind_say_one_word_each(relay):
    """The other one is a site like this one: it marks what it sends, and its first mail is the acknowledgement of a mail that we never answered."""
    take_in(question(sender="help@other.example"))
    marked = {"Auto-Submitted": "auto-replied"}
    sent = bounced_to_and_fro(relay, 10, lambda mail, number: reply(mail, str(mail["Reply-To"]), number, **marked))
    assert sent == 1


@pytest.mark.parametrize("header", ["Reply-To", "From"])
@pytest.mark.parametrize("remembers", [True, False])
def test_a_responder_without_manners_cannot_keep_us_busy(relay, header, remembers):
    """It marks nothing, and answers every mail: to where answers go, or to the sender, who is then the address for help."""
    take_in(question(sender="robot@other.example"))

    def answering(mail: Message, number: int) -> bytes:
        to = str(mail["Reply-To"]) if header == "Reply-To" else "help@vendor.example"
        return reply(mail, to, number, **({"In-Reply-To": str(mail["Message-ID"])} if remembers else {}))

    sent = bounced_to_and_fro(relay, 20, answering)
    assert sent == (1 if header == "Reply-To" or remembers else 5)
    assert IncomingMail.objects.filter(state="received").count() == 0


def test_our_acknowledgement_says_that_it_is_one(relay):
    take_in(question())
    send_due_mails()
    (mail,) = relay.received
    assert (mail["Auto-Submitted"], mail["X-Auto-Response-Suppress"]) == ("auto-replied", "All")
    assert mail["In-Reply-To"] == "<CA+first@mail.example.net>"
    take_in(mail.as_bytes())
    take_in(mail_to("help@vendor.example", sender=str(mail["From"]), number="<other@x>"))
    assert Case.objects.count() == 1
