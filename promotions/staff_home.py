"""What promotions tell staff's home: registrations, by what became of them."""

from django.utils.translation import gettext_lazy as _

from audit.counting import audited
from audit.kinds import Kind
from infacta.figures import register

register(
    audited(
        "registrations",
        _("Registrations"),
        _("Registrations for promotions: begun, confirmed, refused and lapsed, each counted when that happened. From the audit log."),
        [Kind.REGISTRATION_HELD, Kind.REGISTRATION_CONFIRMED, Kind.REGISTRATION_REFUSED, Kind.REGISTRATION_LAPSED],
        position=20,
    )
)
