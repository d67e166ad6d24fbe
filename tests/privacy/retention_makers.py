"""For every rule of retention and every model that it governs: how to make a row whose time begins at a moment.

The tests move the clock over the end of each. Whoever declares a new retention with a limit, or lets one govern another model, writes a maker here.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db.models import Model
from django.utils import timezone

from accounts.models import AddressChange, Appeal, Hold, LoginSession, MisuseFinding, RecordOpening, Throttle, User
from announcements.models import Announcement, Bounce, Delivery, Mailbox, SubscriberFile, SubscriberFilePiece, Subscription
from audit.models import AuditEvent
from downloads.models import DownloadSession, Entitlement, ReleaseFile
from mailroom.models import IncomingMail, OutgoingMail
from privacy.retention.due import Governed
from promotions.models import Promotion, Redemption, Registrant
from purchases.models import AwaitedReference, BuyerDetails, Purchase, WebhookEvent
from rights.models import ReportFile, SubjectRequest
from support.models import (
    Case,
    CaseFile,
    CaseHold,
    CaseMessage,
    Correction,
    CorrectionRequest,
    DiagnosticsUpload,
    LoginHelpRequest,
    Objection,
    ProofOfPurchase,
    Reinstatement,
)
from tests.support.cases import incoming, make_case

YEAR, DAY = timedelta(days=365), timedelta(days=1)
numbers = count(1)


def now_itself(now: datetime) -> datetime:
    return now


@dataclass(frozen=True)
class Maker:
    """`make` a row of Alice's, if it leads to an account, whose time begins at a moment; `lasts` where that is not the rule's longest time.

    `begins` chooses the moment for rules of the calendar. `is_gone` tells what destroys a part of the row, and not the row.
    """

    make: Callable[[User, datetime], Model]
    lasts: timedelta | None = None
    begins: Callable[[datetime], datetime] = now_itself
    is_gone: Callable[[Any], bool] | None = None

    def gone(self, row: Model) -> bool:
        there = type(row)._default_manager.filter(pk=row.pk).first()
        return there is None or (self.is_gone is not None and self.is_gone(there))


def digest() -> str:
    return f"{next(numbers):064d}"


def login_session(alice: User, at: datetime) -> Model:
    return LoginSession.objects.create(user=alice, started_at=at, token_hash=digest(), binding_hash="b", credentials_hash="c")


def throttle(alice: User, at: datetime) -> Model:
    return Throttle.objects.create(key=digest(), free_at=at.timestamp())


def browser_session(alice: User, at: datetime) -> Model:
    return Session.objects.create(session_key=digest()[-40:], session_data="", expire_date=at + 2 * DAY)


def address_change(alice: User, at: datetime) -> Model:
    names = {"old_token_hash": digest(), "new_token_hash": digest()}
    return AddressChange.objects.create(
        user=alice, old_email="a@example.com", new_email="b@example.com", asked_at=at, cancelled_at=at, **names
    )


def finding(alice: User, at: datetime) -> Model:
    return MisuseFinding.objects.create(
        user=alice, detector=digest()[-20:], score=1, explanation="", first_at=at, last_at=at, state="dismissed"
    )


def hold(alice: User, at: datetime) -> Hold:
    return Hold.objects.create(user=alice, reason="shared", text="Write to us.", placed_at=at, ended_at=at, end="lifted")


def appeal_of_ended_hold(alice: User, at: datetime) -> Model:
    return Appeal.objects.create(hold=hold(alice, at), written_at=at, destroyed_at=at)


def words_of_appeal(alice: User, at: datetime) -> Model:
    return Appeal.objects.create(hold=hold(alice, at), written_at=at, text="It was me.", words_digest=digest())


def record_opening(alice: User, at: datetime) -> Model:
    staff = User.objects.create_user(f"{next(numbers)}@vendor.example")
    return RecordOpening.objects.create(staff=staff, customer=alice, reason="a test", opened_at=at - DAY, open_until=at)


def event(alice: User, at: datetime) -> Model:
    return AuditEvent.objects.create(kind="login.failed", user=alice, at=at, ip="203.0.113.9")


def event_without_address(alice: User, at: datetime) -> Model:
    return AuditEvent.objects.create(kind="login.failed", user=alice, at=at)


def left_subscription(alice: User, at: datetime) -> Model:
    address = f"{next(numbers)}@example.net"
    return Subscription.objects.create(email=address, email_key=address, state="left", asked_at=at - DAY, left_at=at)


def unconfirmed_subscription(alice: User, at: datetime) -> Model:
    address = f"{next(numbers)}@example.net"
    return Subscription.objects.create(email=address, email_key=address, asked_at=at)


def delivery(alice: User, at: datetime) -> Model:
    announcement = Announcement.objects.create(slug=digest()[-20:], subject="Notebook 2", state="sent", began_at=at)
    return Delivery.objects.create(
        announcement=announcement, mailbox=Mailbox.objects.at(alice.email), basis="customer", state="sent", settled_at=at
    )


def bounce(alice: User, at: datetime) -> Model:
    return Bounce.objects.create(mailbox=Mailbox.objects.at(alice.email), kind="soft", event_key=digest(), at=at)


def line_of_subscribers(alice: User, at: datetime) -> Model:
    file = SubscriberFile.objects.create(name="friends.csv", state="checked", uploaded_at=at)
    return SubscriberFilePiece.objects.create(file=file, number=0, first_line=2, text="a@example.net")


def download(alice: User, at: datetime) -> Model:
    owned = Entitlement.objects.filter(user=alice).first()
    return DownloadSession.objects.create(
        entitlement=owned, file=ReleaseFile.objects.first(), opened_at=at, valid_until=at + DAY, closed_at=at
    )


def record_of_mail(alice: User, at: datetime) -> Model:
    return OutgoingMail.objects.create(cause=digest(), user=alice, to=alice.email, state="sent", written_at=at, message_id=digest())


def unsent_mail(alice: User, at: datetime) -> Model:
    return OutgoingMail.objects.create(cause=digest(), user=alice, to=alice.email, text="NTE-1", written_at=at, message_id=digest())


def settled_incoming_mail(alice: User, at: datetime) -> Model:
    return IncomingMail.objects.create(digest=digest(), state="taken", received_at=at, settled_at=at)


def private_incoming_mail(alice: User, at: datetime) -> Model:
    return IncomingMail.objects.create(digest=digest(), state="quarantined", is_private=True, source="sealed", received_at=at)


def promotion(at: datetime | None) -> Promotion:
    return Promotion.objects.create(slug=digest()[-20:], title="Spring", is_published=True, ends_at=at)


def registration(of: Promotion, **values: Any) -> Model:
    code = of.batches.create(tag="SPR", state="ready").codes.create(code=digest()[-9:], digest=digest())
    address = f"{next(numbers)}@example.net"
    return Redemption.objects.create(promotion=of, code=code, email=address, email_key=address, abuse_key=digest(), **values)


def lapsed_registration(alice: User, at: datetime) -> Model:
    return registration(promotion(None), state="lapsed", held_until=at)


def digest_of_registration(alice: User, at: datetime) -> Model:
    return registration(promotion(at), state="confirmed", held_until=at, user=alice)


def counter_of_person(alice: User, at: datetime) -> Model:
    return Registrant.objects.create(promotion=promotion(at), abuse_key=digest(), taken=1)


def notification(alice: User, at: datetime) -> Any:
    return WebhookEvent.objects.create(partner="plimus", event_key=digest(), payload={}, state="fulfilled", handled_at=at)


def awaited(alice: User, at: datetime) -> Model:
    return AwaitedReference.objects.create(event=notification(alice, at), partner="plimus", reference="A-1")


def buyer(alice: User, at: datetime) -> Model:
    return BuyerDetails.objects.create(partner="paddle", reference=digest(), details={}, occurred_at=at, told_at=at)


def request(alice: User, at: datetime) -> Model:
    return SubjectRequest.objects.create(user=alice, kind="report", state="done", asked_at=at - DAY, ended_at=at)


def closed_case(alice: User, at: datetime) -> Case:
    case = make_case(user=alice, email=alice.email, files=[incoming()])
    grace = timedelta(days=settings.SUPPORT_GRACE_DAYS)
    Case.objects.filter(pk=case.pk).update(state="closed", closed_at=at, destroy_at=at + grace, waiting_since=None)
    case.refresh_from_db()
    return case


def message(alice: User, at: datetime) -> Model:
    return CaseMessage.objects.get(case=closed_case(alice, at))


def case_file(alice: User, at: datetime) -> Model:
    return CaseFile.objects.get(case=closed_case(alice, at))


def lifted_hold(alice: User, at: datetime) -> Model:
    return CaseHold.objects.create(case=closed_case(alice, at), reason="fraud?", until=at + DAY, placed_at=at, lifted_at=at)


def correction_request(alice: User, at: datetime) -> Model:
    return CorrectionRequest.objects.create(case=closed_case(alice, at), sealed="-")


def reinstatement(alice: User, at: datetime) -> Model:
    return Reinstatement.objects.create(case=closed_case(alice, at), hold=hold(alice, timezone.now()), asked_at=at, decided_at=at)


def correction(alice: User, at: datetime) -> Model:
    return Correction.objects.create(user=alice, model="accounts.User", field="name", corrected_at=at)


def upload(alice: User, at: datetime) -> Model:
    names = {"token_digest": digest(), "key_name": digest()[-32:]}
    return DiagnosticsUpload.objects.create(user=alice, size=10, sha256=digest(), sealed_details="-", until=at + DAY, **names)


def kept_proof(alice: User, at: datetime) -> Model:
    return ProofOfPurchase.objects.create(case=make_case(), sealed="-", retained_reason="fraud?", retained_at=at, retained_until=at + YEAR)


def undecided_proof(alice: User, at: datetime) -> Model:
    return ProofOfPurchase.objects.create(case=closed_case(alice, at), sealed="-")


def help_request(alice: User, at: datetime) -> Model:
    return LoginHelpRequest.objects.create(address_digest=digest(), asked_at=at)


def objection(alice: User, at: datetime) -> Model:
    return Objection.objects.create(case=closed_case(alice, at), purpose="security")


def order_of_nobody(alice: User, at: datetime) -> Model:
    nobody = User.objects.create(email=f"erased-{digest()[-8:]}@erased.invalid", erased_at=at)
    return Purchase.objects.create(user=nobody, partner="plimus", order_reference=digest()[-8:], purchased_at=at)


def report(alice: User, at: datetime) -> Model:
    asked = SubjectRequest.objects.create(user=alice, kind="report", state="done", ended_at=at)
    return ReportFile.objects.create(request=asked, made_at=at, valid_until=at + ReportFile.LIFE)


def end_of_month(now: datetime) -> datetime:
    """A minute before a month begins, some months ago."""
    return datetime(now.year - 1, 7, 1, tzinfo=now.tzinfo) - timedelta(minutes=1)


def two_years_after_its_month() -> timedelta:
    """Until two years after the month that begins a minute later, by the calendar."""
    begins = end_of_month(timezone.now())
    month = begins + timedelta(minutes=1)
    return month.replace(year=month.year + 2) - begins


def key(one: Governed) -> tuple[str, str]:
    return one.retention.slug, one.declared.model


MAKERS: dict[tuple[str, str], list[Maker]] = {
    ("session", "sessions.Session"): [Maker(browser_session)],
    ("login-history", "accounts.LoginSession"): [Maker(login_session)],
    ("throttle", "accounts.Throttle"): [Maker(throttle)],
    ("address-change", "accounts.AddressChange"): [Maker(address_change)],
    ("finding", "accounts.MisuseFinding"): [Maker(finding)],
    ("hold", "accounts.Hold"): [Maker(hold)],
    ("hold", "accounts.Appeal"): [Maker(appeal_of_ended_hold)],
    ("appeal", "accounts.Appeal"): [Maker(words_of_appeal, is_gone=lambda row: row.text == row.words_digest == "" and row.destroyed_at)],
    ("record-opening", "accounts.RecordOpening"): [Maker(record_opening)],
    ("audit-log", "audit.AuditEvent"): [Maker(event_without_address, begins=end_of_month, lasts=two_years_after_its_month())],
    ("audit-address", "audit.AuditEvent"): [Maker(event, is_gone=lambda row: row.ip == "203.0.113.0")],
    ("subscriptions", "announcements.Subscription"): [Maker(left_subscription), Maker(unconfirmed_subscription, lasts=timedelta(days=7))],
    ("deliveries", "announcements.Delivery"): [Maker(delivery)],
    ("bounces", "announcements.Bounce"): [Maker(bounce)],
    ("subscriber-files", "announcements.SubscriberFilePiece"): [Maker(line_of_subscribers)],
    ("download-history", "downloads.DownloadSession"): [Maker(download)],
    ("mail-record", "mailroom.OutgoingMail"): [Maker(record_of_mail)],
    ("mail-body", "mailroom.OutgoingMail"): [Maker(unsent_mail, is_gone=lambda row: row.text == "" and row.state == "failed")],
    ("incoming-mail-record", "mailroom.IncomingMail"): [Maker(settled_incoming_mail)],
    ("incoming-mail-to-support", "mailroom.IncomingMail"): [Maker(private_incoming_mail, is_gone=lambda row: row.source == "")],
    ("lapsed-registrations", "promotions.Redemption"): [Maker(lapsed_registration)],
    ("persons-of-promotions", "promotions.Redemption"): [Maker(digest_of_registration, is_gone=lambda row: row.abuse_key == "")],
    ("persons-of-promotions", "promotions.Registrant"): [Maker(counter_of_person)],
    ("notifications", "purchases.WebhookEvent"): [Maker(notification)],
    ("notifications", "purchases.AwaitedReference"): [Maker(awaited)],
    ("buyers", "purchases.BuyerDetails"): [Maker(buyer)],
    ("subject-requests", "rights.SubjectRequest"): [Maker(request)],
    ("case", "support.Case"): [Maker(closed_case, is_gone=lambda row: row.life == "destroyed" and row.user is None)],
    ("case", "support.CaseMessage"): [Maker(message)],
    ("case", "support.CaseFile"): [Maker(case_file)],
    ("case", "support.CaseHold"): [Maker(lifted_hold)],
    ("case", "support.CorrectionRequest"): [Maker(correction_request)],
    ("orders-kept-by-law", "purchases.Purchase"): [Maker(order_of_nobody)],
    ("reports", "rights.ReportFile"): [Maker(report, is_gone=lambda row: row.destroyed_at is not None)],
    ("case", "support.Objection"): [Maker(objection)],
    ("case", "support.Reinstatement"): [Maker(reinstatement)],
    ("correction", "support.Correction"): [Maker(correction)],
    ("diagnostics-upload", "support.DiagnosticsUpload"): [Maker(upload)],
    ("proof-of-purchase", "support.ProofOfPurchase"): [Maker(kept_proof), Maker(undecided_proof, lasts=timedelta())],
    ("login-help-history", "support.LoginHelpRequest"): [Maker(help_request)],
}
