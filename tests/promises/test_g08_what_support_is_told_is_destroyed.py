"""G8: whatever a person tells support is used only to solve the issue, and destroyed once it is dealt with."""

import os
import subprocess
from datetime import timedelta
from io import StringIO
from pathlib import Path
from urllib.parse import urlsplit
from zipfile import ZIP_STORED

import pytest
import redis
from django.conf import settings as site
from django.core.management import call_command
from django.test import Client, RequestFactory
from django.utils import timezone

from accounts.models import Throttle
from mailroom.incoming import take_in
from mailroom.models import IncomingMail, OutgoingMail
from mailroom.sending import send_due
from mailroom.tasks import purge_mails
from support.cases.closing import close, keep_for_fraud, lift
from support.cases.writing import answer, customer_writes, note
from support.corrections.deciding import refuse as refuse_correction
from support.destruction.at_once import destroy_at_once
from support.login_help import deciding
from support.models import Case, CaseFile, CaseMessage, Channel, CorrectionRequest, Destruction, DiagnosticsUpload, Life, ProofOfPurchase
from support.tasks import purge_diagnostics, purge_support
from support.vault import files, keyring
from tests.customer import log_in
from tests.databases import database_address
from tests.pages import words_of
from tests.support.cases import incoming, make_case
from tests.support.desk import in_hands_of
from tests.support.destroyed import due_case, everything_in
from tests.support.diagnostics import begun, bundle, send
from tests.support.helping import ORDER, purchase_of
from tests.support.helping import ask as ask_for_help
from tests.support.letters import answer_to, question
from tests.support.pages import ask, link_of, upload, write

CASES = 500
EML = "mailroom.backends.EmlFileBackend"


@pytest.mark.django_db
def test_g08_closing_sets_the_day_on_which_all_of_it_is_destroyed(monkeypatch):
    case = make_case(files=[incoming()])
    close(case)
    case.refresh_from_db()
    assert case.destroy_at == case.closed_at + timedelta(days=site.SUPPORT_GRACE_DAYS)
    for days, destroyed in ((-1, 0), (1, 1)):
        moment = case.destroy_at + timedelta(days=days)
        with monkeypatch.context() as patched:
            patched.setattr(timezone, "now", lambda moment=moment: moment)
            assert purge_support() == destroyed
    assert Case.objects.get().life == Life.DESTROYED
    assert not CaseMessage.objects.exists()


@pytest.mark.django_db
def test_g08_the_customer_gets_a_receipt_that_anybody_can_compare():
    due_case()
    purge_support()
    number = Destruction.objects.get().number
    assert number in OutgoingMail.objects.get(cause__startswith="receipt:").text
    assert "looked for afterwards: nothing was found" in words_of(Client().get(f"/support/receipts/{number}/").content.decode())


@pytest.mark.django_db
def test_g08_what_is_late_breaks_the_promise_and_says_so(ada):
    call_command("check_promises", stdout=StringIO())
    case = due_case()
    Case.objects.filter(pk=case.pk).update(destroy_at=timezone.now() - timedelta(hours=2))
    with pytest.raises(SystemExit):
        call_command("check_promises", stdout=(out := StringIO()))
    assert f"1 cases should have been destroyed an hour ago or longer, and 0 failed: {case.reference}" in out.getvalue()
    hold = keep_for_fraud(case, reason="Fraud", until=timezone.now() + timedelta(days=1), by=ada)
    call_command("check_promises", stdout=(out := StringIO()))
    assert "1 are kept for a suspicion of fraud" in out.getvalue()
    lift(hold, by=ada)
    purge_support()
    call_command("check_promises", stdout=StringIO())


class Canaries:
    """A word of its own for every place in which somebody tells something; all of a kind begin alike, and stand nowhere else."""

    KINDS = (
        *("text", "subject", "name", "address", "filename", "content", "answer", "note", "reply", "quoted", "version", "screen"),
        *("bundle", "order", "purchase", "postal", "present", "wanted", "reason"),
    )

    def __init__(self, number: int) -> None:
        self.number = number

    def __getattr__(self, kind: str) -> str:
        assert kind in self.KINDS
        return f"canary{kind}{self.number:04}x"


def tell(number: int, sam) -> None:
    """A case with everything that somebody can tell, answered, written in again, and closed."""
    say = Canaries(number)
    case = make_case(
        email=f"{say.address}@example.net",
        text=say.text,
        subject=say.subject,
        name=say.name,
        files=[incoming(f"{say.filename}.txt", say.content.encode() * 50)],
    )
    answer(case, f"{say.answer}: please restart it.", by=sam)
    note(case, say.note, by=sam)
    customer_writes(case, say.reply, Channel.MAIL, quoted=say.quoted, incoming=[incoming(f"{say.filename}b.txt", say.content.encode())])
    close(case)


def found(haystack: bytes, but: tuple[str, ...] = ()) -> list[str]:
    """The kinds of canaries that stand there, in any writing: names of the vault and rows are hexadecimal, base64 or JSON, and hold none in clear."""
    low = haystack.lower()
    return [kind for kind in Canaries.KINDS if kind not in but and f"canary{kind}".encode() in low]


def dump() -> bytes:
    address = database_address()
    return subprocess.run(["pg_dump", address], check=True, capture_output=True).stdout


def all_of_redis() -> bytes:
    url = os.environ.get("REDIS_URL") or "redis://127.0.0.1:6379/5"
    server = redis.Redis.from_url(url)
    assert urlsplit(url).scheme == "redis"
    return b"".join(key + (server.dump(key) or b"") for key in server.scan_iter())


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_g08_of_five_hundred_cases_no_word_is_left_anywhere(settings, own_disk: Path, sam, caplog, monkeypatch):
    settings.EMAIL_BACKEND = EML
    caplog.set_level("DEBUG")
    for number in range(CASES):
        tell(number, sam)
    send_due()
    late = timezone.now() + timedelta(days=site.SUPPORT_GRACE_DAYS, minutes=1)
    assert found(dump()) == ["address"], "texts lie sealed from the beginning; addresses stand in mails"
    mails = everything_in(settings.MAIL_DIR)
    assert b"canaryaddress" in mails
    assert b"canaryanswer" in mails
    with monkeypatch.context() as patched:
        patched.setattr(timezone, "now", lambda: late)
        assert sum(purge_support() for _sweep in range(20)) == CASES
        send_due()
        assert set(Case.objects.values_list("life", flat=True)) == {Life.DESTROYED}
        assert OutgoingMail.objects.count() == Destruction.objects.count() == CASES, "the receipts, and no other mail"
        assert found(dump(), but=("address",)) == []
        assert dump().lower().count(b"canaryaddress") == CASES, "once each: to whom the receipt went, for 90 days"
        assert found(everything_in(settings.MAIL_DIR), but=("address",)) == []
        assert everything_in(settings.MAIL_DIR).count(b"canaryaddress") == CASES, "only receipts, and only in their To:"
        folders = [path for path in own_disk.iterdir() if path.is_dir() and path != settings.MAIL_DIR]
        assert found(everything_in(*folders) + settings.DESTRUCTIONS_LOG.read_bytes()) == []
        assert not any(keyring.names())
        assert not any(files.folders())
        assert found(all_of_redis()) == []
        assert found(caplog.text.encode()) == []
        patched.setattr(timezone, "now", lambda: late + timedelta(days=91))
        purge_mails()
        assert found(dump()) == []


def by_form(say: Canaries, sam, alice) -> Case:
    ask(
        email=f"{say.address}@example.net",
        name=say.name,
        subject=say.subject,
        text=say.text,
        version=say.version,
        system=say.screen,
        attachments=upload(f"{say.filename}.txt", say.content.encode() * 9),
    )
    case = Case.objects.latest("pk")
    write(Client(), link_of(case), say.reply, attachments=upload(f"{say.filename}.txt", say.content.encode()))
    answer(case, say.answer, by=sam)
    return case


def by_mail(say: Canaries, sam, alice) -> Case:
    sender = f"{say.name} <{say.address}@example.net>"
    files_of_it = ((f"{say.filename}.txt", say.content.encode() * 9),)
    take_in(question(say.text, say.subject, sender=sender, number=f"<{say.number}a@example.net>", files=files_of_it))
    case = Case.objects.latest("pk")
    answer(case, say.answer, by=sam)
    take_in(answer_to(case, f"{say.reply}\n\n> {say.quoted}\n", sender=sender, number=f"<{say.number}b@example.net>", files=files_of_it))
    return case


def by_wizard(say: Canaries, sam, alice) -> Case:
    content = bundle({f"logs/{say.filename}.log": say.bundle.encode() * 9}, seal=ZIP_STORED)
    contact = {"name": say.name, "email": f"{say.address}@example.net"}
    begun(content, contact=contact, text=say.text)  # and never gone on with
    assert send(content, contact=contact, text=say.text, version=say.version, send_copy=True).status_code == 200
    return Case.objects.latest("pk")


def by_log_in_help(say: Canaries, sam, alice) -> Case:
    told = {"name": say.name, "purchase_email": f"{say.purchase}@example.net", "postal_code": say.postal, "text": say.text}
    order = ORDER if say.number % 2 else say.order
    case = in_hands_of(sam, ask_for_help(email=f"{say.address}@example.net", order_reference=order, form_number=str(say.number), **told))
    request = RequestFactory().post("/")
    request.user = sam
    if order == ORDER:
        deciding.send_way_in(case, alice, by=sam, request=request)
    else:
        deciding.refuse(case, say.reason, by=sam, request=request)
    return case


def by_correction(say: Canaries, sam, alice) -> Case:
    told = {"about": "contact", "present": say.present, "wanted": say.wanted, "why": say.text, "form_number": str(say.number)}
    assert log_in(alice).post("/resources/support/correction/", told).status_code == 302
    case = in_hands_of(sam, Case.objects.latest("pk"))
    request = RequestFactory().post("/")
    request.user = sam
    refuse_correction(case, say.reason, by=sam, request=request)
    return case


DOORS = (by_form, by_mail, by_wizard, by_log_in_help, by_correction)
ROUNDS = 10


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_g08_by_whatever_door_it_came_no_word_is_left_anywhere(settings, own_disk: Path, sam, alice, alices, caplog, monkeypatch):
    settings.EMAIL_BACKEND, settings.SUPPORT_EMAIL, settings.MAIL_DOMAIN = EML, "help@vendor.example", "vendor.example"
    caplog.set_level("DEBUG")
    purchase_of(alice, alices)
    for number, door in ((number, door) for number in range(ROUNDS) for door in DOORS):
        Throttle.objects.all().delete()
        case = door(Canaries(number * len(DOORS) + DOORS.index(door)), sam, alice)
        close(case)
        if number % 3 == 0:
            destroy_at_once(case)
    send_due()
    assert Case.objects.count() == ROUNDS * len(DOORS)
    assert found(dump()) == ["address"], "texts lie sealed from the beginning; addresses stand in mails"
    assert found(all_of_redis() + caplog.text.encode()) == []
    late = timezone.now() + timedelta(days=site.SUPPORT_GRACE_DAYS, minutes=1)
    with monkeypatch.context() as patched:
        patched.setattr(timezone, "now", lambda: late)
        while purge_support():
            pass
        purge_diagnostics()
        send_due()
        assert set(Case.objects.values_list("life", flat=True)) == {Life.DESTROYED}
        assert not any(keyring.names()), "nor of the uploads that were never gone on with"
        assert not any(files.folders())
        for model in (DiagnosticsUpload, ProofOfPurchase, CorrectionRequest, CaseMessage, CaseFile):
            assert not model.objects.exists()
        assert not IncomingMail.objects.exclude(source="", files=b"", sender="", subject="", message_id="").exists()
        text = dump()
        assert found(text, but=("address",)) == []
        strangers = ROUNDS * (len(DOORS) - 1)
        assert text.lower().count(b"canaryaddress") == strangers, "once each: to whom the receipt went, for 90 days"
        mails = [path for path in settings.MAIL_DIR.iterdir() if b"canary" in path.read_bytes().lower()]
        assert len(mails) == strangers, "receipts, and no other mail"
        assert found(everything_in(own_disk), but=("address",)) == []
        assert everything_in(own_disk).lower().count(b"canaryaddress") == strangers
        assert found(all_of_redis() + caplog.text.encode()) == []
        assert b"way-in" not in text
