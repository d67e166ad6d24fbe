"""Where personal data comes from (GDPR article 15(1)(g))."""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from privacy.texts import Text


@dataclass(frozen=True)
class Source:
    slug: str
    text: Text


PERSON = Source("person", _("you told us"))
PARTNER = Source("partner", _("the partner who took your order told us"))
SITE = Source("site", _("the site recorded it while you used it"))
STAFF = Source("staff", _("our staff wrote it"))
MAIL_SERVER = Source("mail-server", _("mail servers reported it"))
ELSEWHERE = Source("elsewhere", _("you told somebody for us, outside of this site"))
