"""A new secret of a partner: typed once, or made here and shown once."""

import base64
import re
import secrets
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from purchases.models import PartnerSecret
from purchases.models.partner_secret import fingerprint
from purchases.partners.base import Partner
from purchases.partners.registry import PARTNERS

LONGEST = 500
IN_AN_ADDRESS = re.compile(r"[A-Za-z0-9_-]{20,100}")


class PartnerSecretForm(forms.ModelForm):
    """`made` is the secret that was made here, for the one page that shows it; otherwise ""."""

    made = ""
    partner = forms.ChoiceField(label=_("partner"), choices=lambda: [(slug, partner.name) for slug, partner in PARTNERS.items()])
    secret = forms.CharField(
        label=_("secret"),
        required=False,
        max_length=LONGEST,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password", "class": "vTextField"}),
        help_text=_("As the partner's dashboard shows it. It is sealed at once, and nobody can read it here again."),
    )
    make_one = forms.BooleanField(
        label=_("make one for me"),
        required=False,
        help_text=_("For partners that take a secret of ours. It is shown once, on the next page: copy it from there to the partner."),
    )

    class Meta:
        model = PartnerSecret
        fields = ("partner", "label")

    def clean(self) -> dict[str, Any]:
        """Exactly one of the two, and a secret that this partner's signatures can be checked with."""
        values: dict[str, Any] = super().clean() or {}
        typed, partner = values.get("secret", ""), PARTNERS.get(values.get("partner", ""))
        if bool(typed) == bool(values.get("make_one")) and "secret" not in self.errors:
            self.add_error("secret", _("Give the secret, or let one be made: one of the two."))
        if partner is None or self.errors:
            return values
        self.made = new_secret(partner) if values["make_one"] else ""
        self.check_secret(partner, self.made or typed)
        return values

    def check_secret(self, partner: Partner, secret: str) -> None:
        """Say what is wrong with it; a good one is sealed into the row."""
        if partner.has_secret_address and not IN_AN_ADDRESS.fullmatch(secret):
            self.add_error("secret", _("It stands in an address: 20 to 100 letters, digits, “-” and “_”, and nothing else."))
        elif any(added_problems(partner, secret)):
            self.add_error("secret", _("This is no secret that signatures of this partner can be checked with: see docs/partners.md."))
        elif PartnerSecret.objects.filter(partner=partner.slug, fingerprint=fingerprint(secret)).exists():
            self.add_error("secret", _("This very secret is here already."))
        else:
            self.instance.seal(secret)


def added_problems(partner: Partner, secret: str) -> list[str]:
    """What is wrong with the partner's configuration because of this secret, and was not before."""
    before = set(partner.problems([]))
    return [problem for problem in partner.problems([secret]) if problem not in before]


def new_secret(partner: Partner) -> str:
    """256 random bits: fit for an address where it stands in one, and else as Standard Webhooks writes them."""
    if partner.has_secret_address:
        return secrets.token_urlsafe(32)
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
