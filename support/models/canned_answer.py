"""Answers that are given often."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class CannedAnswer(models.Model):
    """`text` may hold placeholders, such as {name} (support/desk/canned.py); they are filled in when it is chosen, and staff see the result first."""

    title = models.CharField(_("title"), max_length=80, unique=True)
    text = models.TextField(_("text"))

    class Meta:
        verbose_name = _("canned answer")
        verbose_name_plural = _("canned answers")
        ordering = ["title"]

    def __str__(self) -> str:
        return self.title
