"""The demonstration: its catalogue, and people. Its passwords stand here for all to read, so only a development installation loads it."""

from dataclasses import asdict
from datetime import timedelta

from django.utils import timezone
from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts.contact import Contact
from accounts.enrolment import APP
from accounts.models import User
from accounts.roles import ADMINISTRATION, group_of
from announcements.models import Announcement, State, Topic
from audit.kinds import Kind
from audit.log import record
from downloads.models import DownloadSession, Entitlement, Product, PublicKey, ReleaseFile
from promotions import code_format
from promotions.models import BatchState, Promotion
from purchases.intake.handling import handle
from purchases.models import Purchase, WebhookEvent
from purchases.partners import own_format
from purchases.partners.base import Notification
from purchases.partners.registry import PARTNERS
from purchases.profiles.illustrative import add_illustrative_profiles
from purchases.reception import accept
from website.demo_catalogue import load_products

PASSWORD = "three quiet harbours"  # noqa: S105
CUSTOMER = Contact(
    email="casey@example.com",
    name="Casey Customer",
    address1="1 Harbour Road",
    city="Galway",
    postal_code="H91 XR5A",
    country="IE",
    telephone="+353 91 555 010",
)
ORDER, SHOP = "DEMO-1", PARTNERS["standard-webhooks"]
"""What the customer's mail calls the order, and who took it."""
NEW, OLD, LONG_AGO = "NOTEBOOK", "ATLAS", timedelta(days=450)
"""What the customer bought: one product just now, and one so long ago."""
PROMOTION_RUNS = timedelta(days=60)
PROMOTION_CODE = "WELCOME26"
ANNOUNCED = timedelta(days=14)
ANNOUNCEMENT = """{{ greeting }}

**Notebook 1.1** is ready for you:

- It opens twice as fast.
- A search goes through all of your notes at once.

It costs you nothing if your upgrades are still running: you find it [in your account](/resources/).
"""
STAFF = Contact(email="ada@example.com", name="Ada Administrator")


def load() -> bool:
    """Load it, unless there is a catalogue already; returns whether it was loaded."""
    if Product.objects.exists():
        return False
    load_products()
    PublicKey.objects.publish_configured()
    load_customer()
    load_staff()
    load_downloads()
    add_illustrative_profiles()
    load_promotion()
    load_announcement()
    return True


def load_customer() -> None:
    """A customer who bought two products, and has set a password; the upgrades of one have ended."""
    notebook, atlas = Product.objects.get(code=NEW), Product.objects.get(code=OLD)
    user = order([notebook, atlas]).user
    bought_at = timezone.now() - LONG_AGO
    user.entitlements.filter(product=atlas).update(granted_at=bought_at, upgrades_until=atlas.upgrades_until(bought_at))
    user.set_password(PASSWORD)
    user.save(update_fields=["password"])


def order(products: list[Product]) -> Purchase:
    """The customer's order of these, taken in as a partner's own: staff find it by its number, with the notification that brought it."""
    lines = [
        {"line_number": number, "product_code": one.code, "product_name": one.name, "quantity": 1} for number, one in enumerate(products, 1)
    ]
    buyer = {name: value for name, value in asdict(CUSTOMER).items() if value}
    data = {"order_reference": ORDER, "purchased_at": timezone.now().isoformat(timespec="seconds"), "buyer": buyer, "lines": lines}
    payload = {"type": "purchase.completed", "data": data}
    accept(SHOP, Notification(own_format.read(payload, "demo:1"), payload))
    handle(WebhookEvent.objects.get(partner=SHOP.slug, event_key="demo:1").pk)
    return Purchase.objects.get(partner=SHOP.slug, order_reference=ORDER)


def is_loaded() -> bool:
    """Whether its people are here, and so can be logged in as; the catalogue alone may be anybody's."""
    return User.objects.filter(email=CUSTOMER.email).exists() and TOTPDevice.objects.filter(user__email=STAFF.email).exists()


def load_staff() -> None:
    """An administrator whose authenticator app is the command `staff_code`."""
    user = User.objects.create_user(STAFF.email, PASSWORD, name=STAFF.name, is_staff=True)
    user.groups.add(group_of(ADMINISTRATION))
    TOTPDevice.objects.create(user=user, name=APP)


def load_downloads() -> None:
    """A ledger to look at: the customer took two downloads, one of them failed and was given back, and staff added two."""
    owned = Entitlement.objects.get(user__email=CUSTOMER.email, product__code=NEW)
    staff = User.objects.get(email=STAFF.email)
    for file in ReleaseFile.objects.filter(release__product=owned.product, release__version="1.1")[:2]:
        session, _spent = DownloadSession.objects.take(owned, file, None, "")
        record(Kind.DOWNLOAD_TAKEN, user=owned.user, download=session.pk, product=owned.product.code, file=file.name)
    session.give_back()
    record(Kind.DOWNLOAD_RETURNED, user=owned.user, download=session.pk, product=owned.product.code, file=session.file.name)
    reason = "The line broke off twice."
    owned.allow_more(2, reason)
    record(Kind.ENTITLEMENT_CHANGED, user=owned.user, actor=staff, entitlement=owned.pk, downloads=2, reason=reason, role=ADMINISTRATION)


def load_promotion() -> None:
    """A promotion that is running, and the one word that opens it."""
    promotion = Promotion.objects.create(
        title="Welcome aboard",
        slug="welcome",
        summary="A Notebook for everybody who tries us out, with a year of upgrades.",
        text="Tell us what you think of it: after you have logged in, **Feedback** stands at the top of each page.",
        is_published=True,
        starts_at=timezone.now(),
        ends_at=timezone.now() + PROMOTION_RUNS,
        limit=1000,
        upgrade_months=12,
    )
    promotion.grants.create(product=Product.objects.get(code=NEW))
    promotion.asked_fields.create(name="name", why="So that our mails greet you by it.")
    batch = promotion.batches.create(tag="W26", is_shared=True, state=BatchState.READY, made=1)
    symbols = code_format.normalised(PROMOTION_CODE)
    batch.codes.create(code=PROMOTION_CODE, digest=code_format.digest_of(symbols), uses=None)


def load_announcement() -> None:
    """One that was sent, so that the archive and its feed have something to show."""
    staff, sent_at = User.objects.get(email=STAFF.email), timezone.now() - ANNOUNCED
    Announcement.objects.create(
        subject="Notebook 1.1 is out",
        preheader="It opens twice as fast, and finds what you wrote last year.",
        body=ANNOUNCEMENT,
        topic=Topic.RELEASES,
        slug="notebook-1-1",
        state=State.SENT,
        written_by=staff,
        released_by=staff,
        released_at=sent_at,
        send_at=sent_at,
        began_at=sent_at,
        ended_at=sent_at,
    )


def staff_code() -> str:
    """What the administrator's authenticator app would show now; "" if there is no such administrator."""
    if not (device := TOTPDevice.objects.filter(user__email=STAFF.email).first()):
        return ""
    totp = TOTP(device.bin_key, device.step, device.t0, device.digits, device.drift)
    return f"{totp.token():0{device.digits}d}"
