"""A distinct value in every personal field of every model, every file and every key of JSON, for one person: made from the registry.

`Filler(address, seed, account).fill()` makes the rows and gives `values`: where each value stands, and the value as the report writes it. What cannot be
distinct is in `weak`, with the reason. Two people with different seeds have no value in common.
"""

import json
from collections.abc import Mapping
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.apps import apps
from django.contrib.auth import get_user_model
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.utils import timezone

from accounts.addresses import address_key
from accounts.limits import LOGIN_ACCOUNT, PASSWORD_ADDRESS
from accounts.models import User
from accounts.models.suppression import digest_of
from accounts.models.throttle import key_of
from announcements.models import Announcement
from downloads.models import Edition, Product, Release, ReleaseFile
from infacta.sealed_text import sealed, sealed_bytes
from mailroom.enclosed import MailFile
from mailroom.opening import Mail
from privacy.json_keys import ANY, PLAIN
from privacy.registry import FoundBy, ModelDeclaration, registry
from promotions.models import Promotion
from promotions.people import abuse_key
from support.digests import address_digest, case_digest
from support.models import CaseDetails
from support.models.login_help import PROVED
from support.vault import files, keyring

LEFT_OUT = {
    "sessions.Session": "the cookie alone leads to it",
    "announcements.SubscriberFilePiece": "lines of other people stand beside the person's",
}
"""Models of which no row is made, for none could be found."""
NOBODYS = ("Purchase", "PurchaseReference", "PurchaseItem", "Reversal", "BuyerDetails", "AwaitedReference", "WebhookEvent")
"""Of orders there are none without an account."""


class Filler:
    """`account` None makes the rows of a person without one: those that are found by the address."""

    def __init__(self, address: str, seed: int, account: User | None = None, staff: User | None = None) -> None:
        self.address, self.seed, self.account, self.staff = address, seed, account, staff
        self.values: dict[str, str] = {}
        self.weak: dict[str, str] = {}
        self.rows: dict[str, models.Model] = {}
        self.count = 0
        self.begin = timezone.now().replace(microsecond=0) - timedelta(days=3 * seed)

    # Values

    def number(self) -> int:
        """A large one, and the next is smaller: whatever is taken back stays below what was given."""
        self.count += 1
        return 900_000_000 - self.seed * 10_000_000 - self.count

    def text(self, most: int | None = None) -> str:
        self.count += 1
        long = f"canary-{self.seed}-{self.count:03}"
        return long if most is None or len(long) <= most else f"q{self.seed}k{self.count:03}"[:most]

    def mail(self) -> str:
        return f"{self.text()}@example.com"

    def moment(self) -> datetime:
        self.count += 1
        return self.begin - timedelta(seconds=61 * self.count + self.seed)

    def note(self, where: str, value: Any) -> Any:
        """Remember where the value stands, as the report writes it."""
        self.values[where] = as_written(value)
        return value

    # Rows

    def fill(self) -> "Filler":
        for label, declared in registry.models.items():
            if declared.personal and label not in LEFT_OUT and self.is_theirs(label, declared):
                self.row(label)
        return self

    def is_theirs(self, label: str, declared: ModelDeclaration) -> bool:
        """Whether such a row of the person can be found: with an account, every one; without, where the declaration finds by the address."""
        return self.account is not None or (declared.finds is not None and label.partition(".")[2] not in NOBODYS)

    def row(self, label: str) -> models.Model:
        if label not in self.rows:
            model = apps.get_model(label)
            self.rows[label] = self.made(model, registry.models[label])
        return self.rows[label]

    def made(self, model: type[models.Model], declared: ModelDeclaration) -> models.Model:
        if model is User:
            row: Any = self.account
        else:
            row = model()
        special = getattr(self, f"of_{model._meta.model_name}", dict)()
        for field in model._meta.concrete_fields:
            where = f"{model._meta.label}.{field.name}"
            if field.name in special:
                value = special[field.name]
            elif field.name in declared.personal:
                value = self.value_of(field, where)
            else:
                value = self.filling_of(field)
            if value is not KEEP:
                setattr(row, field.attname if isinstance(value, int) and field.is_relation else field.name, value)
            if field.name in declared.personal:
                self.remember(row, field, where, declared)
        if seal := getattr(self, f"seal_{model._meta.model_name}", None):
            seal(row, model._meta.label)
        row.save()
        return row

    def remember(self, row: Any, field: Any, where: str, declared: ModelDeclaration) -> None:
        personal, value = declared.personal[field.name], getattr(row, field.attname)
        if personal.withheld:
            self.weak[where] = "named in the report, and not shown"
        elif personal.shown:
            pass  # its own words are noted where they are sealed
        elif field.is_relation:
            self.relation(row, field, where)
        elif getattr(field, "auto_now_add", False):
            self.weak[where] = "the moment of writing, whatever is given"
        elif value in (None, "") or isinstance(value, bool) or field.choices:
            self.weak[where] = "a choice among few" if value not in (None, "") else "empty here"
        elif isinstance(field, models.JSONField):
            self.json_values(where, value)
        elif isinstance(field, models.PositiveSmallIntegerField | models.FloatField) or (field.max_length or 99) < 6:
            self.weak[where] = "too short to be distinct"
        else:
            self.note(where, value)

    def relation(self, row: Any, field: Any, where: str) -> None:
        if getattr(row, field.attname) is None:
            self.weak[where] = "empty here"
        elif field.related_model is User:
            self.weak[where] = "an account: the person's own, or that of a member of staff, of whom the role alone is told"
        elif registry.models[field.related_model._meta.label].personal:
            self.weak[where] = "the number of another row of the report"
        else:
            self.note(where, str(getattr(row, field.name)))

    def json_values(self, where: str, value: Any) -> None:
        if isinstance(value, dict):
            for key, inner in value.items():
                self.json_values(f"{where}.{key}", inner)
        elif isinstance(value, list):
            for inner in value:
                self.json_values(where, inner)
        else:
            self.note(where, value)

    def value_of(self, field: Any, where: str) -> Any:
        """A value that is the person's alone, of the field's kind."""
        if field.is_relation:
            return self.related(field)
        if field.choices:
            return next(value for value, _text in field.flatchoices if value)
        if isinstance(field, models.JSONField):
            value = self.json_of(registry.models[field.model._meta.label].personal[field.name].keys or {})
            return [value] if field.default is list and isinstance(value, dict) else value
        for kind, make in self.makers().items():
            if isinstance(field, kind):
                return make()
        return self.text(field.max_length)

    def json_of(self, keys: Mapping[str, Any]) -> Any:
        """A value with every key that the declaration names, in the notation of privacy.json_keys."""
        if PLAIN in keys:
            return [self.text()]
        made: dict[str, Any] = {}
        for path in sorted(keys, key=lambda path: -path.count(".")):
            *way, last = path.replace(ANY, "anything").split(".")
            here = made
            for name in way:
                here = here.setdefault(name, {})
            here.setdefault(last, self.text())
        return made

    def makers(self) -> dict[type[models.Field], Any]:
        return {
            models.BooleanField: lambda: True,
            models.DateTimeField: self.moment,
            models.DecimalField: lambda: Decimal(f"{self.number()}.{self.seed:02}"),
            models.PositiveSmallIntegerField: lambda: 3,
            models.FloatField: lambda: 1.0,
            models.IntegerField: self.number,
            models.UUIDField: lambda: UUID(sha256(self.text().encode()).hexdigest()[:32]),
            models.GenericIPAddressField: lambda: f"2001:db8:{self.seed}:{self.number() % 65536:x}::1",
            models.EmailField: self.mail,
            models.BinaryField: lambda: self.text().encode(),
        }

    def related(self, field: Any) -> Any:
        target = field.related_model
        label = target._meta.label
        if target is get_user_model():
            path = registry.models[field.model._meta.label].subject
            leads = path if isinstance(path, str) else ""
            return self.account if field.name == leads.split("__")[0] else self.staff
        if target is field.model or (not self.is_theirs(label, registry.models[label]) if registry.models[label].personal else False):
            return None
        return self.row(label) if registry.models[label].personal else self.catalogue(target)

    def filling_of(self, field: Any) -> Any:
        """What a field that is not personal needs to be saved."""
        if field.primary_key or field.has_default() or field.null:
            return KEEP
        if field.is_relation:
            return self.related(field) if registry.models[field.related_model._meta.label].personal else self.catalogue(field.related_model)
        if isinstance(field, models.BinaryField):
            return self.text().encode()
        if isinstance(field, models.DateTimeField):
            return self.begin
        if isinstance(field, models.IntegerField):
            return 1
        if isinstance(field, models.JSONField):
            return {}
        return sha256(self.text().encode()).hexdigest()[: field.max_length or 64] if field.unique or not field.blank else ""

    def catalogue(self, model: type[models.Model]) -> Any:
        """What the vendor offers, and the person's alone here: its name tells which it was."""
        label = model._meta.label
        if label not in self.rows:
            self.rows[label] = getattr(self, f"make_{model._meta.model_name}")()
        return self.rows[label]

    def make_product(self) -> Product:
        name = self.text()
        return Product.objects.create(code=name.upper(), slug=name, name=name, unlock_prefix="CAN")

    def make_edition(self) -> Edition:
        return Edition.objects.create(product=self.catalogue(Product), code=self.text(), name=self.text())

    def make_releasefile(self) -> ReleaseFile:
        release = Release.objects.create(product=self.catalogue(Product), version=f"{self.seed}.{self.count}")
        return ReleaseFile.objects.create(release=release, name=f"{self.text()}.zip", size=1, sha256="0" * 64)

    def make_announcement(self) -> Announcement:
        return Announcement.objects.create(subject=self.text(), slug=self.text())

    def make_promotion(self) -> Promotion:
        return Promotion.objects.create(title=self.text(), slug=self.text())

    def make_promocode(self) -> Any:
        batch = self.catalogue(Promotion).batches.create(tag=f"C{self.seed}", state="ready")
        return batch.codes.create(code=self.text().upper(), digest=sha256(self.text().encode()).hexdigest())

    # By what rows are found, and what the database demands

    def of_user(self) -> dict[str, Any]:
        kept = ("id", "email", "email_key", "password", "is_staff", "is_superuser", "version")
        return dict.fromkeys(kept, KEEP) | {"language": "", "time_zone": "", "opted_out_at": None, "erased_at": None}

    def of_throttle(self) -> dict[str, Any]:
        return {"key": key_of(PASSWORD_ADDRESS if self.account else LOGIN_ACCOUNT, address_key(self.address))}

    def of_suppression(self) -> dict[str, Any]:
        return {"digest": digest_of(self.address), "reason": "refused" if self.account else "bounced"}

    def of_misusefinding(self) -> dict[str, Any]:
        return {} if self.account else {"matter": f"promotions.registrant:{abuse_key(self.address)[:16]}"}

    def of_logentry(self) -> dict[str, Any]:
        return {
            "content_type": ContentType.objects.get_for_model(User),
            "object_id": str(self.account.pk) if self.account else "0",
            "action_flag": 2,
        }

    def of_allowanceentry(self) -> dict[str, Any]:
        return {"kind": "granted"}

    def of_totpdevice(self) -> dict[str, Any]:
        return {"confirmed": False}

    def of_outgoingmail(self) -> dict[str, Any]:
        return {"state": "failed"} | ({} if self.account else {"to": self.address})

    def of_incomingmail(self) -> dict[str, Any]:
        return {"sender": self.address, "state": "quarantined"}

    def of_purchasereference(self) -> dict[str, Any]:
        return {"partner": self.row("purchases.Purchase").partner, "role": "buyer"}  # type: ignore[attr-defined]

    def of_buyerdetails(self) -> dict[str, Any]:
        reference: Any = self.row("purchases.PurchaseReference")
        return {"partner": reference.partner, "reference": reference.reference}

    def of_webhookevent(self) -> dict[str, Any]:
        purchase: Any = self.row("purchases.Purchase")
        return {"partner": purchase.partner, "order_reference": purchase.order_reference, "kind": "purchase", "state": "fulfilled"}

    def of_awaitedreference(self) -> dict[str, Any]:
        return {"partner": self.row("purchases.Purchase").partner}  # type: ignore[attr-defined]

    def of_reversal(self) -> dict[str, Any]:
        return {"kind": "refund"}

    def of_registrant(self) -> dict[str, Any]:
        return {"abuse_key": abuse_key(self.address)}

    def of_redemption(self) -> dict[str, Any]:
        return {"state": "confirmed"} | ({} if self.account else {"email_key": address_key(self.address)})

    def of_mailbox(self) -> dict[str, Any]:
        found = self.address if not self.account else self.mail()
        return {"email": found, "email_key": address_key(found), "digest": digest_of(found)}

    def of_subscription(self) -> dict[str, Any]:
        return {"email_key": address_key(self.address), "state": "left"}

    def of_delivery(self) -> dict[str, Any]:
        return {"state": "sent"}

    def of_case(self) -> dict[str, Any]:
        return {"key_name": self.new_key(), "email_digest": case_digest(self.address), "state": "answered", "destroyed_at": None}

    def of_diagnosticsupload(self) -> dict[str, Any]:
        return {"key_name": self.new_key(), "case": None}

    def of_loginhelprequest(self) -> dict[str, Any]:
        return {"address_digest": address_digest(self.address)}

    def of_subjectrequest(self) -> dict[str, Any]:
        return {"kind": "erasure", "state": "cancelled"} | ({} if self.account else {"email": self.address})

    # What lies sealed

    def new_key(self) -> str:
        name = sha256(self.text().encode()).hexdigest()[:32]
        keyring.create(name)
        return name

    def several(self, where: str, names: Any) -> dict[str, str]:
        return {name: self.note(f"{where}.{name}", self.text()) for name in names}

    def seal_case(self, row: Any, label: str) -> None:
        digest = row.email_digest
        told: dict[str, Any] = self.several(f"{label}.sealed_details", [field.name for field in fields(CaseDetails)])
        told["circumstances"] = self.several(f"{label}.sealed_details.circumstances", ["user_agent"])
        del self.values[f"{label}.sealed_details.circumstances"]
        row.seal_details(CaseDetails(**told))
        row.email_digest = digest

    def seal_casemessage(self, row: Any, label: str) -> None:
        row.seal(**self.several(f"{label}.sealed", ["text", "quoted", "sender"]))

    def seal_casefile(self, row: Any, label: str) -> None:
        row.seal_name(self.note(f"{label}.sealed_name", f"{self.text()}.txt"))
        row.stored_as = sha256(self.text().encode()).hexdigest()[:32]
        files.append(row.case.key_name, row.stored_as, [self.note(f"{label} (bytes)", self.text()).encode()])

    def seal_correctionrequest(self, row: Any, label: str) -> None:
        row.seal(**self.several(f"{label}.sealed", ["present", "wanted", "why"]))

    def seal_proofofpurchase(self, row: Any, label: str) -> None:
        row.seal(self.several(f"{label}.sealed", PROVED))

    def seal_destruction(self, row: Any, label: str) -> None:
        row.sealed_address = sealed(json.dumps(self.several(f"{label}.sealed_address", ["email"])))

    def seal_diagnosticsupload(self, row: Any, label: str) -> None:
        row.seal_details(self.several(f"{label}.sealed_details", ["text"]))
        row.stored_as = sha256(self.text().encode()).hexdigest()[:32]
        content = self.note(f"{label} (bytes)", self.text()).encode()
        row.received, row.stored = len(content), files.append(row.key_name, row.stored_as, [content]).stored

    def seal_incomingmail(self, row: Any, label: str) -> None:
        content = self.note(f"{label} (file)", self.text()).encode()
        name = self.note(f"{label}.files", f"{self.text()}.txt")
        file = MailFile(name, "text/plain", len(content), sha256(content).hexdigest(), content)
        mail = Mail(
            (("subject", self.note(f"{label}.source.headers", self.text())),), self.note(f"{label}.source.text", self.text()), files=(file,)
        )
        row.source, row.files = sealed(mail.as_text()), sealed_bytes(mail.content())


class Keep:
    """The field stays as it is."""


KEEP = Keep()


def as_written(value: Any) -> str:
    """A value as it stands in the report's JSON."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return str(value)


def unfindable() -> dict[str, str]:
    """Models that declare that none of their rows can be found, and by what they say so."""
    return {label: str(one.unfound) for label, one in registry.models.items() if isinstance(one.subject, FoundBy) and one.finds is None}


__all__ = ["LEFT_OUT", "Filler", "as_written", "unfindable"]
