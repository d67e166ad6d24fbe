"""A row of every model of the staff area for a customer, so that a walk through it meets none that is empty."""

from datetime import timedelta

from django.contrib import admin
from django.db.models import Model
from django.utils import timezone
from django_otp.plugins.otp_totp.models import TOTPDevice
from django_otp_webauthn.models import WebAuthnCredential

from accounts.models import AddressChange, Hold, LoginSession, MisuseFinding, RecoveryDevice, Suppression, User
from announcements.models import Announcement, Bounce, Mailbox, SubscriberFile, Subscription
from audit.tasks import seal_events
from downloads.models import DownloadSession, Edition, Entitlement, ReleaseFile
from mailroom.models import IncomingMail
from privacy.reach import person_of
from promotions.models import Promotion, Redemption
from purchases.models import Offer, PartnerSecret, ProductCode, Purchase, PurchaseItem, WebhookEvent
from purchases.profiles.illustrative import add_illustrative_profiles
from rights.models import Erasure, SubjectRequest
from support.models import CannedAnswer, Destruction, Feedback, FeedbackTag, Reconciliation
from tests.downloads.signed import signed


def make_rows(user: User, owned: Entitlement, file: ReleaseFile) -> dict[str, int | str]:
    """The rows that lead to the customer, and those that lead to nobody; the number of one by each model's label."""
    now = timezone.now()
    digests = {name: f"{name}{user.pk}" for name in ("old_token_hash", "new_token_hash")}
    AddressChange.objects.create(user=user, old_email=user.email, new_email=f"new-{user.email}", **digests)
    MisuseFinding.objects.create(user=user, detector="networks", score=50, explanation="", first_at=now, last_at=now)
    LoginSession.objects.create(user=user, area="resources", token_hash=f"t{user.pk}", binding_hash="b", credentials_hash="c")
    RecoveryDevice.objects.create(user=user, name="codes")
    TOTPDevice.objects.create(user=user, name="app")
    WebAuthnCredential.objects.create(user=user, name="key", credential_id=f"c{user.pk}".encode(), public_key=b"p")
    signed(file)
    Edition.objects.get_or_create(product=owned.product, code=f"{owned.product.code}-S", name="Standard")
    DownloadSession.objects.create(entitlement=owned, file=file, valid_until=now + timedelta(hours=1))
    purchase = Purchase.objects.create(
        user=user, partner="standard-webhooks", order_reference=f"ORDER-{user.pk}", email=user.email, purchased_at=now, name=user.name
    )
    PurchaseItem.objects.create(purchase=purchase, line_number=1, product_code=owned.product.code, entitlement=owned)
    Hold.objects.create(user=user, reason="shared", text="Please write to us.")
    WebhookEvent.objects.create(
        partner="standard-webhooks", event_key=f"key-{user.pk}", order_reference=purchase.order_reference, payload={}
    )
    promotion, _made = Promotion.objects.get_or_create(slug="spring", defaults={"title": "Spring offer", "is_published": True})
    promotion.grants.get_or_create(product=owned.product)
    batch, _made = promotion.batches.get_or_create(tag="SPR", defaults={"state": "ready"})
    code, _made = batch.codes.get_or_create(code="WELCOME26", digest="0" * 64)
    Redemption.objects.create(
        promotion=promotion,
        code=code,
        user=user,
        email=user.email,
        email_key=user.email_key,
        abuse_key="0" * 64,
        state="confirmed",
        held_until=now,
    )
    announcement, _made = Announcement.objects.get_or_create(slug="notebook-2", defaults={"subject": "Notebook 2 is out"})
    mailbox = Mailbox.objects.at(user.email)
    Mailbox.objects.filter(pk=mailbox.pk).update(user=user)
    announcement.deliveries.create(mailbox=mailbox, basis="customer", state="sent")
    Bounce.objects.create(mailbox=mailbox, announcement=announcement, kind="soft", event_key=f"b{user.pk}")
    Subscription.objects.get_or_create(email="visitor@example.net", email_key="visitor@example.net")
    Feedback.objects.create(user=user, text="Print in landscape", submission=f"s{user.pk}")
    FeedbackTag.objects.get_or_create(name="printing")
    SubjectRequest.objects.create(user=user, kind="report", state="done", ended_at=now)
    Destruction.objects.create(due_at=now, state="destroyed", trigger="schedule", destroyed_at=now)
    Reconciliation.objects.create(ended_at=now)
    request = SubjectRequest.objects.create(user=user, kind="erasure", state="cancelled", ended_at=now)
    Erasure.objects.create(request=request, number=request.number)
    CannedAnswer.objects.get_or_create(title="Restart", text="Please restart it.")
    seal_events()
    ProductCode.objects.get_or_create(partner="plimus", code="1", defaults={"product": owned.product})
    PartnerSecret.objects.get_or_create(partner="plimus", fingerprint="0" * 12, defaults={"sealed": "-"})
    Offer.objects.get_or_create(partner="stripe", code="abc", defaults={"product": owned.product})
    add_illustrative_profiles()
    IncomingMail.objects.get_or_create(digest="d", defaults={"subject": "Order 1"})
    Suppression.objects.suppress(mailbox.digest, "bounced")
    SubscriberFile.objects.get_or_create(name="friends.csv", state="discarded")
    return {model._meta.label_lower: row_of(model, user).pk for model in admin.site._registry}


def row_of(model: type[Model], user: User) -> Model:
    """The latest row that leads to the customer; of models that lead to nobody, the latest of all."""
    rows = list(model._default_manager.order_by("-pk"))
    return next(row for row in rows if person_of(row) in (user, None))
