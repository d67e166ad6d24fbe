"""How often the list of revoked codes has changed: the number that the published list carries."""

from django.db import models
from django.utils.translation import gettext_lazy as _

THE_ONE = 1


class RevocationListManager(models.Manager["RevocationList"]):
    def number(self) -> int:
        """The number of the list as it is now; 0 before anything was ever revoked."""
        return self.values_list("number", flat=True).first() or 0

    def count_change(self) -> None:
        """A code was revoked or restored: counted in the same transaction, which holds the row from here to its end."""
        counted = self.filter(pk=THE_ONE)
        if not counted.update(number=models.F("number") + 1):
            self.get_or_create(pk=THE_ONE)
            counted.update(number=models.F("number") + 1)


class RevocationList(models.Model):
    """One row. The codes themselves are read from UnlockCode when the list is published (downloads/codes/revoked.py)."""

    number = models.PositiveBigIntegerField(_("number"), default=0)

    objects = RevocationListManager()

    class Meta:
        verbose_name = _("list of revoked codes")
        verbose_name_plural = _("lists of revoked codes")

    def __str__(self) -> str:
        return str(self.number)
