"""What personal data is used for: the purposes that all apps share."""

from django.utils.translation import gettext_lazy as _

from privacy.registry import Purpose

CONTRACT = _("needed to give you what you bought or registered for")
IMPROVEMENT = _("our legitimate interest in better products; you need not tell us anything")
CHOICE = _("you ask for it yourself, once you have seen what goes there")
ASKED = _("needed to do what you asked us for")
INTEREST = _("our and your legitimate interest in a safe site")

DUTY_BASIS = _("our legal duty (GDPR article 6(1)(c))")

ACCOUNT = Purpose("account", _("to run your account and let you in"), CONTRACT, p3p=("current",))
FULFILMENT = Purpose("fulfilment", _("to send you unlock codes and give you your downloads"), CONTRACT, p3p=("current",))
HAND_OVER = Purpose("hand-over", _("to begin your purchase at the partner that you choose"), CHOICE, p3p=("current",))
IDENTIFICATION = Purpose("identification", _("to recognise you for support and upgrades"), CONTRACT, p3p=("current",))
SECURITY = Purpose("security", _("to keep accounts safe and notice misuse"), INTEREST, p3p=("admin", "individual-decision"))
HELP = Purpose("help", _("to solve what you asked support about, and for nothing else"), ASKED, p3p=("current",))
DEVELOPMENT = Purpose("development", _("to make our products better"), IMPROVEMENT, p3p=("develop",))
DUTY = Purpose(
    "duty", _("to answer what you ask by right of your own data, and to be able to show that we did"), DUTY_BASIS, p3p=("other-purpose",)
)
ADMINISTRATION = Purpose("administration", _("to run and maintain the site"), INTEREST, p3p=("admin",))
ANNOUNCEMENTS_JOINED = Purpose(
    "announcements-joined",
    _("to send you the announcements that you joined for"),
    _("your consent, which you can withdraw with one click"),
    p3p=("contact opt-in",),
)
ANNOUNCEMENTS_TO_CUSTOMERS = Purpose(
    "announcements-to-customers",
    _("to tell you, as a customer, of releases, updates and special offers"),
    _("our legitimate interest in telling customers of similar products; you can refuse at any time, with one click"),
    p3p=("contact opt-out",),
)

RESTING_ON_INTEREST = (ANNOUNCEMENTS_TO_CUSTOMERS, SECURITY, DEVELOPMENT, ADMINISTRATION)
"""To these a person may object (GDPR article 21)."""
