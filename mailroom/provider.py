"""Who mails for the vendor, where that is a provider and not a relay of the vendor's own: policies and the form to join name them (promise G3)."""

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from privacy.registry import Recipient

ROLE = _("sends our mails for us, and learns addresses and texts for that alone")
PROVIDERS = {
    "amazon_ses": Recipient("amazon_ses", "Amazon SES", ROLE, "https://aws.amazon.com/privacy/", is_agent=True),
    "brevo": Recipient("brevo", "Brevo", ROLE, "https://www.brevo.com/legal/privacypolicy/", is_agent=True),
    "mailgun": Recipient("mailgun", "Mailgun", ROLE, "https://www.mailgun.com/legal/privacy-policy/", is_agent=True),
    "mailjet": Recipient("mailjet", "Mailjet", ROLE, "https://www.mailjet.com/legal/privacy-policy/", is_agent=True),
    "postmark": Recipient("postmark", "Postmark", ROLE, "https://postmarkapp.com/privacy-policy", is_agent=True),
    "sparkpost": Recipient("sparkpost", "SparkPost", ROLE, "https://www.sparkpost.com/policies/privacy/", is_agent=True),
}


def providers() -> tuple[Recipient, ...]:
    """The provider of this site's settings; none where mails go by a relay alone."""
    return (PROVIDERS[settings.ANYMAIL_ESP],) if settings.ANYMAIL_ESP else ()
