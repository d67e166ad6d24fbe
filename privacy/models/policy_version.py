"""Each wording of a policy that was ever published, with the words themselves, so that whoever agreed to one can read it again."""

import uuid
from typing import Any

from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from privacy.areas import POLICIES, Area

TRIES = 20


class PolicyVersionQuerySet(models.QuerySet["PolicyVersion"]):
    def of_area(self, area: Area) -> "PolicyVersionQuerySet":
        """The area's versions, the latest first, without their words."""
        return self.filter(area=area.slug).order_by("-number").defer("texts")

    def publish(self, area: Area, digest: str, texts: dict[str, Any]) -> bool:
        """Keep this wording under the next number; False if it is here already.

        Of many who publish at once the constraints let one win: the same wording counts once, and no two have one number.
        """
        for _try in range(TRIES):
            latest = self.filter(area=area.slug).aggregate(latest=models.Max("number"))["latest"] or 0
            row = self.model(area=area.slug, digest=digest, number=latest + 1, texts=texts)
            self.bulk_create([row], ignore_conflicts=True)
            kept = self.filter(area=area.slug, digest=digest).values_list("key", flat=True).first()
            if kept is not None:
                return kept == row.key
        raise RuntimeError(f"The wording {digest} of {area.slug} could not be numbered: others took every number first.")


class PolicyVersion(models.Model):
    """One wording of one policy, in all languages of the site: `texts` holds its paragraphs by language (privacy.paragraphs).

    It is never changed. A wording that comes back, as when a release is taken back, is the version that it was.
    """

    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    area = models.CharField(_("area"), max_length=20, choices=[(area.slug, area.title) for area in POLICIES])
    digest = models.CharField(_("version"), max_length=40)
    number = models.PositiveIntegerField(_("number"))
    published_at = models.DateTimeField(_("published"), default=timezone.now)
    texts = models.JSONField(_("words"))

    objects = PolicyVersionQuerySet.as_manager()

    class Meta:
        verbose_name = _("version of a policy")
        verbose_name_plural = _("versions of policies")
        ordering = ["area", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["area", "digest"], name="policy_wording_once"),
            models.UniqueConstraint(fields=["area", "number"], name="policy_number_once"),
        ]
        permissions = [("register_policyversion", _("Can read the register of processing"))]

    def __str__(self) -> str:
        return f"{self.area} {self.number}"

    def get_absolute_url(self) -> str:
        return reverse("privacy:version", args=[self.area, self.number])
