"""What each room does when a person is erased: counters stay right, revoked codes stay revoked, nothing brings the person back."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Suppression, User
from accounts.models.suppression import digest_of
from announcements.models import Announcement, Delivery, DeliveryState, Mailbox
from downloads.codes.states import State, found, state_of
from downloads.models import Entitlement, UnlockCode
from mailroom import outbox
from mailroom.models import OutgoingMail
from mailroom.outgoing import write
from privacy.checks import every_fate_can_be_carried_out
from privacy.fates import Anonymised, Erased
from privacy.registry import ModelDeclaration, registry
from promotions.models import PromoCode, Promotion, Redemption, Registrant
from promotions.people import abuse_key
from purchases.models import Purchase, PurchaseItem, WebhookEvent
from purchases.tasks import purge_orders_of_nobody
from rights.erasure.working import work_off
from rights.models import Erasure, SubjectRequest
from support.cases.closing import keep_for_fraud
from support.models import Case, Destruction, Life
from tests.customer import log_in
from tests.rights.asked import due_request, erase, settle
from tests.staff import staff_log_in
from tests.support.cases import make_case

pytestmark = pytest.mark.django_db


def bought(user: User, owned: Entitlement, **facts) -> Purchase:
    purchase = Purchase.objects.create(
        user=user,
        partner="plimus",
        order_reference="P-1",
        email=user.email,
        name=user.name,
        ip="192.0.2.7",
        **{"purchased_at": timezone.now()} | facts,
    )
    PurchaseItem.objects.create(purchase=purchase, line_number=1, product_code="1", entitlement=owned)
    return purchase


def test_a_revoked_code_stays_revoked_and_a_valid_one_works_on(alice, alices):
    code = alices.unlock_codes.get()
    new = code.reissue()
    erase(alice)
    assert not UnlockCode.objects.filter(code__in=[code.code, new.code]).exists()
    assert state_of(found(code.code)) == State.REVOKED
    assert state_of(found(new.code)) == State.ACTIVE
    assert UnlockCode.objects.get(pk=code.pk).digest == code.digest


def test_the_ledger_of_downloads_still_sums(alice, alices):
    alices.allow_more(2, "for Alice Archer, who asked kindly")
    erase(alice)
    assert not Entitlement.objects.not_summing().exists()
    assert set(alices.allowance_entries.values_list("reason", flat=True)) == {""}


def test_an_order_stays_without_the_buyer_until_the_law_is_done_with_it(alice, alices, settings):
    purchase = bought(alice, alices)
    erase(alice)
    purchase.refresh_from_db()
    assert (purchase.order_reference, purchase.name, purchase.email, purchase.ip) == ("P-1", "", "", None)
    assert purge_orders_of_nobody() == 0
    long_ago = timezone.now() - timedelta(days=366 * settings.PURCHASE_YEARS + 1)
    Purchase.objects.update(purchased_at=long_ago)
    Entitlement.objects.update(granted_at=long_ago)
    assert purge_orders_of_nobody() > 0
    assert not Purchase.objects.exists()
    assert not Entitlement.objects.exists()


def test_what_is_purged_by_law_is_nobody_elses(alice, alices, bob, bobs, settings):
    long_ago = timezone.now() - timedelta(days=366 * settings.PURCHASE_YEARS + 1)
    bought(bob, bobs, purchased_at=long_ago)
    erase(alice)
    purge_orders_of_nobody()
    assert Purchase.objects.get().user == bob


def test_the_same_notification_again_brings_nobody_back(alice, alices):
    bought(alice, alices)
    told = {"payload": {"email": "Alice@example.com", "name": "Alice Archer"}, "payload_sha256": "0" * 64}
    facts = {"partner": "plimus", "kind": "purchase", "raw_type": "CHARGE", "order_reference": "P-1"}
    WebhookEvent.objects.create(event_key="k1", state="fulfilled", **told, **facts)
    erase(alice)
    event = WebhookEvent.objects.get()
    assert (event.event_key, event.payload, event.payload_sha256) == ("k1", {}, "")


def test_a_mail_that_waits_is_never_sent(alice):
    write("accounts/password_changed", to=alice.email, cause="waits", user=alice, changed_at=timezone.now())
    erase(alice)
    assert not OutgoingMail.objects.filter(cause="waits").exists()
    tombstone = User.objects.get(pk=alice.pk)
    write("accounts/password_changed", to=tombstone.email, cause="later", user=tombstone, changed_at=timezone.now())
    assert not OutgoingMail.objects.filter(cause="later").exists(), "nobody is there to read it"


def test_deliveries_that_wait_do_not_go_out_and_the_numbers_sum(alice, bob):
    announcement = Announcement.objects.create(subject="News", slug="news", state="sending", total=2)
    for user in (alice, bob):
        mailbox = Mailbox.objects.at(user.email)
        Mailbox.objects.filter(pk=mailbox.pk).update(user=user)
        announcement.deliveries.create(mailbox=mailbox, basis="customer", state=DeliveryState.PENDING)
    erase(alice)
    announcement.refresh_from_db()
    assert (announcement.total, announcement.skipped, Delivery.objects.count()) == (2, 1, 1)
    mailbox = Mailbox.objects.get(digest=digest_of("alice@example.com"))
    assert (mailbox.email, mailbox.email_key, mailbox.user) == ("", None, None)
    assert Suppression.objects.of("alice@example.com").wishes().exists(), "made, though she had refused nothing"
    assert not Suppression.objects.of("bob@example.org").exists()


def test_a_promotions_limits_hold(alice):
    promotion = Promotion.objects.create(slug="spring", title="Spring", limit=10, held=1)
    batch = promotion.batches.create(tag="SPR", state="ready")
    code = batch.codes.create(code="ONE", digest="0" * 64, held=1)
    key = abuse_key(alice.email)
    Registrant.objects.create(promotion=promotion, abuse_key=key, taken=2)
    now = timezone.now()
    common = {
        "promotion": promotion,
        "code": code,
        "email": alice.email,
        "email_key": alice.email_key,
        "abuse_key": key,
        "held_until": now + timedelta(hours=1),
    }
    confirmed = Redemption.objects.create(state="confirmed", user=alice, name="Alice Archer", ip="192.0.2.9", **common)
    held = Redemption.objects.create(state="held", **common)
    erase(alice)
    confirmed.refresh_from_db()
    assert (confirmed.email, confirmed.name, confirmed.ip, confirmed.abuse_key) == ("", "", None, key)
    assert not Redemption.objects.filter(pk=held.pk).exists()
    assert PromoCode.objects.get().held == 0
    assert Promotion.objects.get().held == 0
    assert Registrant.objects.get().taken == 1, "one place is free again, and the one that was used stays used"


def test_a_case_is_destroyed_and_one_that_fraud_keeps_is_named(alice, ada):
    gone, kept = make_case(user=alice), make_case(user=alice)
    keep_for_fraud(kept, reason="The invoice was forged.", until=timezone.now() + timedelta(days=30), by=ada)
    assert "support cases in which fraud is suspected" in log_in(alice).get("/resources/your-data/erasure/").content.decode()
    erasure = erase(alice)
    assert Case.objects.get(pk=gone.pk).life == Life.DESTROYED
    kept.refresh_from_db()
    assert (kept.life, kept.is_closed) == (Life.LIVE, True)
    assert kept.destroy_at <= timezone.now(), "it goes as soon as the hold has ended"
    page = Client().get(f"/privacy/erasure/{erasure.receipt}/").content.decode()
    assert "support cases in which fraud is suspected" in page
    assert "suspicion of fraud (GDPR article 17(3)(e))" in page
    assert {"model": "support.Case", "rows": 1, "fate": "kept"} in erasure.facts
    assert Destruction.objects.get().trigger == "erasure"


def test_a_step_that_fails_blocks_no_other_and_is_tried_again(alice, monkeypatch, ada):
    def broken(found):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(outbox, "destroy_rows", broken)
    request = due_request(alice)
    work_off()
    request.refresh_from_db()
    assert "Input/output error" in request.problem
    erasure = Erasure.objects.get()
    assert [step.name for step in erasure.steps.filter(done_at=None)] == ["mailroom.erasing.destroy"]
    assert User.objects.get(pk=alice.pk).erased_at
    page = staff_log_in(ada).get(f"/staff/rights/erasure/{erasure.pk}/change/").content.decode()
    assert "Input/output error" in page
    first = request.lease_until - timezone.now()
    for _try in range(2):
        settle()
        work_off()
    request.refresh_from_db()
    assert request.lease_until - timezone.now() > first * 10, "ever less often"
    monkeypatch.undo()
    for _try in range(2):
        settle()
        work_off()
    assert Erasure.objects.get().is_done


def test_an_account_of_staff_is_not_closed(sam):
    due_request(sam)
    work_off()
    assert "a member of staff" in SubjectRequest.objects.get().problem
    assert User.objects.get(pk=sam.pk).erased_at is None


@pytest.mark.parametrize(
    ("fate", "code"),
    [
        (Erased(by="mailroom.erasing.no_such"), "privacy.E030"),
        (Erased(by="mailroom.erasing.HEAD"), "privacy.E030"),
        (Anonymised({"no_such": ""}, "law"), "privacy.E031"),
    ],
)
def test_a_fate_that_nothing_carries_out_stops_the_start(monkeypatch, fate, code):
    monkeypatch.setitem(registry.models, "accounts.User", ModelDeclaration("accounts.User", "Account", {}, fate=fate))
    assert code in {message.id for message in every_fate_can_be_carried_out(None)}
