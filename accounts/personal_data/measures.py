"""What protects accounts, in words for the register of processing."""

from django.utils.translation import gettext_lazy as _

from privacy.registry import Measure, registry

for slug, text in {
    "passwords": _(
        "Passwords are kept as a slow one-way digest (Argon2id); nobody can read them, and guessing is slowed by address and by network"
    ),
    "staff-second-factor": _("Staff log in with a second factor, and confirm it again before what weighs most"),
    "roles": _(
        "Staff see what their role needs: support sees a customer's record once it has written down why, and for an hour; the customer is told"
    ),
    "misuse": _("Log-ins are watched for signs of misuse, and an account can be held"),
}.items():
    registry.measure(Measure(slug, text))
