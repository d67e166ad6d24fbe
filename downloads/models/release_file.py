"""The files of a release."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.core.exceptions import SuspiciousOperation
from django.core.files.storage import Storage, storages
from django.core.validators import RegexValidator
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from downloads.models.product import Edition, Product
from downloads.models.public_key import PublicKey
from downloads.models.release import Release
from downloads.signing import SigningKey, present_key, statement_of

FILE_NAME = r"[^\\/\x00-\x1f\x7f-\x9f\u2028\u2029]*"


def release_storage() -> Storage:
    """Where files of releases lie: outside the web root."""
    return storages["releases"]


class Platform(models.TextChoices):
    WINDOWS = "windows", "Windows"
    MACOS = "macos", "macOS"
    LINUX = "linux", "Linux"
    ANY = "any", _("any system")


class Architecture(models.TextChoices):
    ANY = "any", _("any processor")
    X86_64 = "x86_64", _("Intel and AMD, 64 bits")
    ARM64 = "arm64", _("ARM, 64 bits")
    X86 = "x86", _("Intel and AMD, 32 bits")


class ReleaseFileQuerySet(models.QuerySet["ReleaseFile"]):
    def of(self, release_ids: Iterable[int]) -> "ReleaseFileQuerySet":
        return self.filter(release__in=release_ids).order_by("platform", "architecture", "pk")

    def for_edition(self, edition: Any) -> "ReleaseFileQuerySet":
        """Those that a purchase in this edition may have; `edition` is an Edition, None for a purchase without one, or an OuterRef.

        The same rule as `Entitlement.has_edition_of`, for the database.
        """
        value = edition if hasattr(edition, "resolve_expression") else models.Value(edition and edition.pk)
        bought = models.ExpressionWrapper(value, output_field=models.BigIntegerField(null=True))
        return self.alias(bought=bought).filter(models.Q(edition=None) | models.Q(bought=None) | models.Q(edition=models.F("bought")))

    def not_signed_by(self, key_id: str) -> "ReleaseFileQuerySet":
        """The files that this key did not sign: without a signature, or with one by another key."""
        return self.filter(models.Q(signed_by=None) | ~models.Q(signed_by=key_id))

    def not_signed_for_updates(self) -> "ReleaseFileQuerySet":
        return self.filter(update_signed_by=None)

    def not_signed_for_updates_by(self, key_id: str) -> "ReleaseFileQuerySet":
        """The files whose bytes this key did not sign."""
        return self.filter(models.Q(update_signed_by=None) | ~models.Q(update_signed_by=key_id))


class ReleaseFile(models.Model):
    """One file of a release. Size and digest are taken while it is uploaded, once; the signature is made then, and again when its name changes."""

    release = models.ForeignKey(Release, models.PROTECT, related_name="files", verbose_name=_("release"))
    platform = models.CharField(_("system"), max_length=20, choices=Platform.choices, default=Platform.ANY)
    architecture = models.CharField(_("processor"), max_length=20, choices=Architecture.choices, default=Architecture.ANY)
    minimum_system = models.CharField(
        _("oldest version of the system"),
        max_length=20,
        blank=True,
        validators=[RegexValidator(r"^\d{1,6}(\.\d{1,6}){0,3}\Z", _("Numbers and dots, such as 13.0 or 10.0.17763."))],
        help_text=_("Such as 13.0 for macOS, or 10.0.17763 for Windows; empty: any. Updaters do not offer it to older systems."),
    )
    edition = models.ForeignKey(
        Edition,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="files",
        verbose_name=_("edition"),
        help_text=_("Empty: customers of every edition may have it."),
    )
    file = models.FileField(_("file"), storage=release_storage, upload_to="%Y/%m/", max_length=255)
    name = models.CharField(
        _("file name"),
        max_length=150,
        blank=True,
        validators=[RegexValidator(rf"^{FILE_NAME}\Z", _("A name that a file can have: no slashes, no line breaks."))],
        help_text=_("The name customers save it under; empty: the name it was uploaded with."),
    )
    size = models.PositiveBigIntegerField(_("size in bytes"), editable=False)
    sha256 = models.CharField(_("SHA-256"), max_length=64, editable=False)
    signature = models.CharField(_("signature"), max_length=88, blank=True, default="", editable=False)
    signed_by = models.ForeignKey(
        PublicKey, models.PROTECT, null=True, blank=True, editable=False, related_name="files", verbose_name=_("signed by")
    )
    # Over the bytes, for Sparkle and WinSparkle; a worker makes it (downloads/releases/update_signatures.py).
    update_signature = models.CharField(_("signature for updaters"), max_length=88, blank=True, default="", editable=False)
    update_signed_by = models.ForeignKey(
        PublicKey, models.PROTECT, null=True, blank=True, editable=False, related_name="updates", verbose_name=_("signed for updaters by")
    )
    uploaded_at = models.DateTimeField(_("uploaded"), default=timezone.now, editable=False)

    objects = ReleaseFileQuerySet.as_manager()

    class Meta:
        verbose_name = _("release file")
        verbose_name_plural = _("release files")
        ordering = ["platform", "pk"]
        constraints = [models.UniqueConstraint(fields=["name"], name="release_file_name_once")]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **options: Any) -> None:
        """A new file goes to the storage first, which may take minutes: what else happens to the product, such as a withdrawal, must not wait."""
        storing: Any = ReleaseFile._meta.get_field("file")
        storing.pre_save(self, self._state.adding)
        with transaction.atomic():
            self.mark_catalogue()
            super().save(*args, **options)

    def mark_catalogue(self) -> None:
        """Note that feeds change with this file: those of its product, and of the one that it belonged to until now."""
        Product.objects.filter(models.Q(releases=self.release_id) | models.Q(releases__files__pk__in=[self.pk])).mark_changed()

    @transaction.atomic
    def save_only(self, names: Iterable[str]) -> int:
        """Write these fields, and nothing that somebody else has written or deleted meanwhile; returns how many rows there were."""
        self.mark_catalogue()
        return ReleaseFile.objects.filter(pk=self.pk).update(**{name: getattr(self, name) for name in names})

    @property
    def system(self) -> str:
        """What it runs on, in words: "macOS 13.0 or later"."""
        if not self.minimum_system:
            return str(self.get_platform_display())
        return gettext("%(system)s %(version)s or later") % {"system": self.get_platform_display(), "version": self.minimum_system}

    @property
    def stored_as(self) -> str:
        """The file's name in the storage of releases."""
        return self.file.name or ""

    def is_stored(self) -> bool:
        """Whether the storage has it; a storage that does not answer, a folder, or a name that leads elsewhere is no file."""
        storage = self.file.storage
        try:
            return Path(storage.path(self.stored_as)).is_file()
        except NotImplementedError:  # no disk
            return storage.exists(self.stored_as)
        except (OSError, ValueError, SuspiciousOperation):
            return False

    @property
    def statement(self) -> str:
        """What is signed: digest and name, in the line that `sha256sum` prints."""
        return statement_of(self.sha256, self.name)

    def sign(self) -> None:
        """Sign with the present key; whoever calls saves the row. Raises BadKey, and leaves it unsigned, if there is no good key.

        An earlier signature goes first: it may be of another name.
        """
        self.signed_by, self.signature = None, ""
        key = present_key()
        self.signed_by, self.signature = PublicKey.objects.of(key), key.signature_of(self.statement)

    def sign_renamed(self, former_name: str) -> None:
        """Sign under a new name what was signed well under the former one; raises BadKey as `sign` does.

        Anything else stays as it is, for its bytes are not read here: `manage.py sign_files` reads them.
        """
        if self.signed_by and self.signed_by.verifies(self.signature, statement_of(self.sha256, former_name)):
            self.sign()

    @transaction.atomic
    def sign_in_place(self) -> bool:
        """Sign the row where it still says what was read of it; returns whether it did. Somebody may rename the file at that moment."""
        self.sign()
        self.mark_catalogue()
        same = ReleaseFile.objects.filter(pk=self.pk, name=self.name, sha256=self.sha256)
        return bool(same.update(signed_by=self.signed_by, signature=self.signature))

    @transaction.atomic
    def sign_for_updates(self, signature: str, key: SigningKey) -> bool:
        """Keep a signature over the bytes that have the row's digest; returns whether the row is still there, and of these bytes."""
        self.mark_catalogue()
        self.update_signed_by, self.update_signature = PublicKey.objects.of(key), signature
        same = ReleaseFile.objects.filter(pk=self.pk, sha256=self.sha256)
        return bool(same.update(update_signed_by=self.update_signed_by, update_signature=signature))

    @property
    def has_a_files_name(self) -> bool:
        """Whether the name is one that the form lets in: in any other, what is signed would be more than one line."""
        return re.fullmatch(FILE_NAME, self.name) is not None

    def is_signed_well(self) -> bool:
        """Whether the signature is there, and fits digest and name."""
        return self.has_a_files_name and self.signed_by is not None and self.signed_by.verifies(self.signature, self.statement)

    @transaction.atomic
    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Delete the row, and after the commit the file. If the storage does not answer then, it is logged, and `verify_files` finds the file."""
        self.mark_catalogue()
        storage, name = self.file.storage, self.stored_as
        transaction.on_commit(lambda: storage.delete(name), robust=True)
        return super().delete(*args, **kwargs)
