"""Cases by mail: opened, written in, and never mistaken for anything else."""

import pytest
from django.db import connection
from django.utils import timezone

from announcements.models import Mailbox
from audit.models import AuditEvent
from mailroom.incoming import handle, handlers, take_in
from mailroom.models import IncomingMail, OutgoingMail
from mailroom.tasks import send_due_mails
from purchases.models import OrderMailProfile
from purchases.profiles.illustrative import add_illustrative_profiles
from support.cases.closing import close
from support.cases.writing import answer
from support.destruction.starting import begin
from support.models import Case, CaseMessage, Channel, State, Trigger
from support.vault import files, keyring
from tests.mailroom.letters import letter
from tests.relay import running_relay
from tests.support.cases import make_case
from tests.support.letters import MARKED, TEXTS, WORDS, answer_to, mail_to, question
from tests.threads import at_once

pytestmark = pytest.mark.django_db
CANARY = "canary-7f3a"


@pytest.fixture(autouse=True)
def addresses(settings):
    settings.SUPPORT_EMAIL, settings.DEFAULT_FROM_EMAIL = "help@vendor.example", "Example Software <site@vendor.example>"
    settings.MAIL_DOMAIN = "vendor.example"


def the_row() -> IncomingMail:
    return IncomingMail.objects.get()


def the_case() -> Case:
    return Case.objects.get()


def last_message() -> CaseMessage:
    return CaseMessage.objects.latest("pk")


def test_a_mail_to_the_address_for_help_opens_a_case_and_says_so():
    take_in(question(files=(("../../log.txt", b"all is lost"),)))
    case = the_case()
    assert (case.channel, case.user, case.details.email, case.details.name) == (Channel.MAIL, None, "visitor@example.net", "Vera Visitor")
    assert (case.details.subject, last_message().text) == ("Notebook does not start", WORDS)
    file = case.files.get()
    assert (file.name, b"".join(file.content())) == ("log.txt", b"all is lost")
    assert case.address_proved_at is None, "From proves nothing"
    mail = OutgoingMail.objects.get()
    assert (mail.to, mail.reply_to, mail.in_reply_to) == ("visitor@example.net", case.mail_address, "<CA+first@mail.example.net>")
    assert (the_row().state, the_row().handler) == ("taken", "questions to support")


@pytest.mark.parametrize("to", ["help+notebook@vendor.example", "HELP@Vendor.Example", "Help <help@vendor.example>, bob@example.com"])
def test_the_address_for_help_is_known_however_it_is_written(to):
    take_in(mail_to(to))
    assert Case.objects.exists()


def test_whoever_was_delivered_to_counts_though_the_mail_names_others():
    take_in(mail_to("undisclosed-recipients:;"), "help@vendor.example")
    assert Case.objects.exists()


def test_what_is_for_nobody_opens_no_case():
    take_in(mail_to("info@vendor.example"))
    assert (Case.objects.count(), the_row().state) == (0, "quarantined")


@pytest.mark.parametrize("program", TEXTS)
def test_an_answer_belongs_to_its_case_and_what_it_quotes_is_folded(program):
    case = make_case()
    take_in(answer_to(case, TEXTS[program]))
    message = last_message()
    assert (message.case, message.channel, message.told["sender"]) == (case, Channel.MAIL, "")
    assert message.text.startswith(WORDS)
    assert "restart" not in message.text
    assert Case.objects.count() == 1


def test_an_answer_from_the_mailbox_proves_it_and_one_from_elsewhere_is_shown_as_such():
    case = make_case()
    take_in(answer_to(case, sender="Colleague <colleague@example.net>", number="<2@x>"))
    case.refresh_from_db()
    assert (last_message().told["sender"], case.address_proved_at) == ("colleague@example.net", None)
    take_in(answer_to(case, sender="VISITOR@example.net", number="<3@x>"))
    case.refresh_from_db()
    assert last_message().told["sender"] == ""
    assert case.address_proved_at


def test_who_makes_an_address_up_writes_in_no_case():
    case = make_case()
    made_up = f"{case.mail_address[:15]}{'0' * 16}@vendor.example"
    take_in(mail_to(made_up, sender="mallory@example.net"))
    assert case.messages.count() == 1
    assert Case.objects.exclude(pk=case.pk).get().details.email == "mallory@example.net"


def test_a_mail_to_a_case_that_is_gone_opens_a_new_one():
    case = make_case()
    to = answer_to(case)
    begin(case, Trigger.CUSTOMER)
    take_in(to)
    assert Case.objects.live().get().details.email == "visitor@example.net"


def test_a_closed_case_opens_again(sam):
    case = make_case()
    close(case, by=sam)
    take_in(answer_to(case))
    case.refresh_from_db()
    assert (case.state, case.destroy_at) == (State.OPEN, None)


def test_an_answer_that_went_to_the_address_for_help_finds_its_case():
    case = make_case()
    ours = OutgoingMail.objects.get().message_id
    take_in(question(In_Reply_To=ours, References=f"<x@y> {ours}"))
    assert last_message().case == case
    assert Case.objects.count() == OutgoingMail.objects.count() == 1, "and nothing is answered"


def test_the_same_mail_by_two_ways_is_one():
    raw = question()
    take_in(raw)
    take_in(b"Received: from elsewhere\n" + raw, "help@vendor.example")
    take_in(b"Received: from elsewhere\n" + raw)
    assert Case.objects.count() == 1


def test_two_hundred_attachments():
    take_in(question(files=tuple((f"{number}.txt", b"x") for number in range(200))))
    assert the_case().files.count() == 10
    assert "190 files of this mail are not kept" in last_message().text


def test_a_mail_of_the_largest_size_is_taken():
    take_in(question(files=(("a.bin", bytes(10 * 1024 * 1024)),)))
    assert the_case().files.get().size == 10 * 1024 * 1024


def test_what_is_too_long_waits_for_staff():
    take_in(question(files=(("a.bin", bytes(12 * 1024 * 1024)),)))
    assert (Case.objects.count(), the_row().state) == (0, "quarantined")


def test_a_full_disk_loses_no_mail(monkeypatch):
    raw = question(files=(("a.bin", b"x"),))

    def full(*arguments):
        raise OSError(28, "No space left on device")

    before = set(keyring.names())
    with monkeypatch.context() as patch:
        patch.setattr(files, "append", full)
        take_in(raw)
    assert (Case.objects.count(), the_row().state, set(keyring.names())) == (0, "received", before)
    handle(the_row().pk)
    assert the_case().files.count() == 1


def test_answers_go_to_reply_to_and_never_to_ourselves():
    take_in(question(Reply_To="vera@elsewhere.example"))
    assert the_case().details.email == "vera@elsewhere.example"
    take_in(question(Reply_To="help@vendor.example", number="<2@x>"))
    assert Case.objects.latest("pk").details.email == "visitor@example.net"


@pytest.mark.parametrize("sender", ["", "nobody", "a@b.example, c@d.example", '"odd name"@example.net', f"{'x' * 300}@example.net"])
def test_who_cannot_be_answered_waits_for_staff(sender):
    take_in(question(sender=sender))
    assert (Case.objects.count(), the_row().state) == (0, "quarantined")
    assert not OutgoingMail.objects.exists()


def test_a_flood_from_one_address_ends_in_quarantine_and_is_answered_no_more():
    for number in range(8):
        take_in(question(number=f"<{number}@x>", sender=f"visitor+{number}@example.net"))
    assert Case.objects.count() == OutgoingMail.objects.count() == 5
    assert "no case by itself" in IncomingMail.objects.filter(state="quarantined").first().reason


def test_a_flood_from_many_addresses_ends_too(settings):
    for number in range(103):
        take_in(question(number=f"<{number}@x>", sender=f"v{number}@example.net"))
    assert Case.objects.count() == 100


def test_a_flood_into_one_case_ends_too():
    case = make_case()
    for number in range(22):
        take_in(answer_to(case, number=f"<{number}@x>"))
    assert IncomingMail.objects.filter(state="quarantined").count() == 2


def test_staff_try_a_mail_again_and_are_told_that_its_files_are_gone():
    case = make_case()
    for number in range(21):
        take_in(answer_to(case, number=f"<{number}@x>", files=(("a.txt", b"x"),)))
    assert case.files.count() == 20
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM accounts_throttle")
    (row,) = IncomingMail.objects.filter(state="quarantined")
    IncomingMail.objects.try_again()
    handle(row.pk)
    assert "1 file of this mail is not kept" in last_message().text
    assert case.files.count() == 20


def test_nothing_of_it_stands_in_plain_anywhere(own_disk, caplog):
    caplog.set_level("DEBUG")
    raw = question(f"{CANARY} text", subject=f"{CANARY} subject", sender=f"{CANARY} <{CANARY}@example.net>", files=((f"{CANARY}.txt", CANARY.encode()),), number=f"<{CANARY}@x>")  # fmt: skip
    take_in(raw)
    take_in(answer_to(the_case(), f"{CANARY}", number=f"<2{CANARY}@x>", sender=f"other-{CANARY}@example.net"))
    OutgoingMail.objects.all().delete()
    kept = [caplog.text]
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            kept += [str(row) for row in cursor.fetchall()]
    kept += [path.read_bytes().decode("latin-1") + path.name for path in own_disk.rglob("*") if path.is_file()]
    assert CANARY not in "".join(kept)
    assert CANARY in last_message().text
    assert IncomingMail.objects.exclude(source="").count() == 0


def test_the_audit_log_names_the_case_alone():
    take_in(question())
    event = AuditEvent.objects.get(kind="case.opened")
    assert event.detail == {"case": the_case().reference, "channel": "mail"}


def test_all_of_a_case_is_one_thread(settings, sam):
    with running_relay(settings) as relay:
        take_in(question())
        answer(the_case(), "Please restart it.", by=sam)
        assert send_due_mails() == 2
        first, second = sorted(relay.received, key=lambda mail: str(mail["Subject"]))
        assert first["In-Reply-To"] == second["In-Reply-To"] == first["References"] == "<CA+first@mail.example.net>"
        assert first["Reply-To"] == second["Reply-To"] == the_case().mail_address


def test_a_case_from_the_form_is_one_thread_too(sam):
    case = make_case()
    opened = OutgoingMail.objects.get()
    answer(case, "Please restart it.", by=sam)
    assert OutgoingMail.objects.get(cause__contains="answer").in_reply_to == opened.message_id
    assert opened.in_reply_to == ""


@pytest.fixture
def order_profile(notebook):
    add_illustrative_profiles()
    OrderMailProfile.objects.filter(partner="regsoft", kind="purchase").update(is_on=True, subject="order")
    return OrderMailProfile.objects.get(partner="regsoft", kind="purchase")


def test_order_mails_to_the_address_for_help_stay_order_mails(order_profile):
    take_in(letter(to="help@vendor.example").as_bytes())
    take_in(letter(to="help@vendor.example", results="", number="<2@x>").as_bytes())
    assert not Case.objects.exists()
    assert list(IncomingMail.objects.order_by("pk").values_list("state", "handler")) == [("taken", "order mails"), ("quarantined", "")]
    assert set(IncomingMail.objects.values_list("subject", flat=True)) == {"Order R-1001"}, "they are nothing that somebody tells support"


def test_a_partner_may_ask_for_help_and_answer_too(order_profile):
    take_in(letter("Where is it?", subject="A question", to="help@vendor.example").as_bytes())
    assert Case.objects.count() == 1
    take_in(letter("Thanks", subject="Re: order", to=the_case().mail_address, number="<2@x>").as_bytes())
    assert last_message().text == "Thanks"


def test_mails_that_leave_the_group_and_bounces_are_none_of_support():
    box = Mailbox.objects.create(email="visitor@example.net", email_key="visitor@example.net")
    take_in(mail_to(f"leave+{box.token}@vendor.example, help@vendor.example"))
    take_in(mail_to("bounce+1-0000000000000000@vendor.example, help@vendor.example", number="<2@x>"))
    assert not Case.objects.exists()


def test_a_case_address_is_asked_for_before_everybody_else():
    assert next(iter(handlers)) == "answers in support cases"
    assert list(handlers)[-1] == "questions to support"


@pytest.mark.parametrize(
    "raw",
    [
        b"To: help@vendor.example\nFrom: v@example.net\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: application/pdf\nContent-Transfer-Encoding: base64\n\n!!!",
        b"To: help@vendor.example\nFrom: v@example.net\nContent-Type: text/plain; charset=nonsense\n\n\xff\xfe\x00",
        b"To: help@vendor.example\nFrom: =?utf-8?b?////?= <v@example.net>\nSubject: \x00\xed\xa0\x80\nMessage-ID: <\x00>\n\n",
        b"To: help@vendor.example\nFrom: v@example.net\nContent-Type: multipart/mixed\n\nno boundary",
        b"To: help@vendor.example\nFrom: v@example.net\nContent-Type: application/octet-stream; name=\"\xff\x00/..\"\n\n\x00",
        b"To: help@vendor.example\nFrom: v@example.net\nContent-Type: message/rfc822\n\nFrom: x\nContent-Type: image/png\n\n\x89PNG",
    ],
    ids=range(6),
)  # fmt: skip
def test_broken_mails_open_cases_too(raw):
    take_in(raw)
    assert the_case().details.email == "v@example.net"


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_one_mail_eight_times_at_once_is_one_case():
    raw = question(files=(("a.txt", b"x"),))
    at_once(lambda _number: take_in(raw), range(8))
    assert Case.objects.count() == CaseMessage.objects.count() == OutgoingMail.objects.count() == 1
    assert len(list(keyring.names())) == 1


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_answers_at_once_are_all_in_the_case():
    case = make_case()
    at_once(take_in, [answer_to(case, number=f"<{number}@x>") for number in range(8)])
    assert case.messages.count() == 9
    assert Case.objects.get().last_written_at <= timezone.now()


def test_what_is_quoted_lies_sealed_beside_the_text():
    case = make_case()
    take_in(answer_to(case, f"Yes.\n\nOn 3 Nov 2025, at 10:12, Us <us@vendor.example> wrote:\n{MARKED}"))
    assert last_message().told["quoted"].endswith("> Please restart it.")
