"""Help for those who cannot log in (promise C8): their proof of purchase, which goes once they are helped, and the history of such requests."""

from datetime import datetime
from functools import cached_property
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from support.digests import BEGINNING
from support.models.case import Case, State
from support.vault import texts
from support.vault.keyring import KeyGone

PROVED = ("name", "purchase_email", "order_reference", "product", "postal_code", "bought_when", "partner")


class ProofOfPurchaseQuerySet(models.QuerySet["ProofOfPurchase"]):
    def outlived(self, now: datetime) -> "ProofOfPurchaseQuerySet":
        """What serves nothing any more: kept until now at the longest, or of a case that was closed without a decision."""
        return self.filter(models.Q(retained_until__lte=now) | models.Q(retained_until=None, case__state=State.CLOSED))


class ProofOfPurchase(models.Model):
    """What the customer told to prove a purchase, sealed under the case's key. The row goes in the transaction that fulfils or refuses the request.

    Where fraud is suspected it is kept instead: with a reason, by whom, and until when.
    """

    case = models.OneToOneField(Case, models.CASCADE, related_name="proof", verbose_name=_("case"))
    sealed = models.TextField(editable=False)
    retained_reason = models.TextField(_("why it is kept"), blank=True)
    retained_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("kept by")
    )
    retained_at = models.DateTimeField(_("kept since"), null=True, blank=True)
    retained_until = models.DateTimeField(_("kept until"), null=True, blank=True)

    objects = ProofOfPurchaseQuerySet.as_manager()

    class Meta:
        verbose_name = _("proof of purchase")
        verbose_name_plural = _("proofs of purchase")
        ordering = ["pk"]
        indexes = [models.Index(fields=["retained_until"], name="proof_retained")]

    def __str__(self) -> str:
        return f"proof {self.pk}"

    def seal(self, told: dict[str, str]) -> None:
        """Does not save. `told` has the keys of PROVED."""
        self.sealed = texts.sealed(self.case.key_name, "proof", told)

    @cached_property
    def told(self) -> dict[str, str]:
        """By the keys of PROVED; all empty once it is destroyed."""
        nothing = dict.fromkeys(PROVED, "")
        try:
            return nothing | texts.opened(self.case.key_name, "proof", self.sealed)
        except KeyGone:
            return nothing


class Outcome(models.TextChoices):
    OPEN = "open", _("under way")
    FULFILLED = "fulfilled", _("helped")
    REFUSED = "refused", _("refused")
    KEPT = "kept", _("refused: fraud suspected")
    CLOSED = "closed", _("closed without a decision")


REFUSED = models.Q(outcome__in=[Outcome.REFUSED, Outcome.KEPT])


def names_order(beginning: str) -> models.Q:
    """Requests that named an order, by the beginning of its digest: a range, for the index; no hexadecimal digit comes after f."""
    return models.Q(order_digest__gte=beginning, order_digest__lt=f"{beginning}g")


class LoginHelpRequestQuerySet(models.QuerySet["LoginHelpRequest"]):
    def decided(self, case: Case, outcome: Outcome) -> int:
        return self.filter(case=case).update(outcome=outcome)

    def of_order(self, beginning: str) -> "LoginHelpRequestQuerySet":
        return self.filter(names_order(beginning))

    def repeats(self, digest: str, other: str) -> Any:
        """The orders (or addresses, networks) that were named more than once, by how many different `other` ones; the most striking first."""
        named: Any = self.exclude(**{digest: ""}).order_by().values(digest)
        counts = named.annotate(
            requests=models.Count("pk"),
            different=models.Count(other, distinct=True, filter=~models.Q(**{other: ""})),
            refused=models.Count("pk", filter=REFUSED),
            last_at=models.Max("asked_at"),
        )
        return counts.filter(requests__gte=2).order_by("-different", "-requests", "-last_at", digest)


class LoginHelpRequest(models.Model):
    """That somebody asked, and what came of it: digests that tell repeats, and lead nobody back to orders and addresses without this site's key.

    When the case is destroyed, what leads to it is cut; the row stays until its own time is over.
    """

    case = models.OneToOneField(Case, models.SET_NULL, null=True, related_name="login_help", verbose_name=_("case"))
    order_digest = models.CharField(_("order"), max_length=64, blank=True)
    address_digest = models.CharField(_("address"), max_length=64)
    network_digest = models.CharField(_("network"), max_length=64, blank=True)
    outcome = models.CharField(_("what came of it"), max_length=10, choices=Outcome.choices, default=Outcome.OPEN)
    asked_at = models.DateTimeField(_("asked"), default=timezone.now)

    objects = LoginHelpRequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("request for help with the log-in")
        verbose_name_plural = _("requests for help with the log-in")
        ordering = ["-asked_at", "-pk"]
        indexes = [
            models.Index(fields=["order_digest"], name="login_help_order"),
            models.Index(fields=["address_digest"], name="login_help_address"),
            models.Index(fields=["network_digest"], name="login_help_network"),
            models.Index(fields=["-asked_at", "-id"], name="login_help_asked"),
        ]

    def __str__(self) -> str:
        return f"request {self.pk}"

    @property
    def order(self) -> str:
        """What names the order on pages of staff, and leads nobody to it."""
        return self.order_digest[:BEGINNING]
