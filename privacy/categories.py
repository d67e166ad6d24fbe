"""Kinds of personal data, in the words of P3P 1.0 (3.4), which the register of processing (GDPR article 30) uses too."""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from privacy.texts import Text


@dataclass(frozen=True)
class Category:
    """`p3p` is the name of the element in a P3P policy."""

    p3p: str
    text: Text


POSTAL = Category("physical", _("name, postal address and telephone number"))
ONLINE = Category("online", _("e-mail address"))
IDENTIFIER = Category("uniqueid", _("numbers and names that stand for a person here"))
PURCHASES = Category("purchase", _("purchases"))
COMPUTER = Category("computer", _("IP address, browser and computer"))
NAVIGATION = Category("navigation", _("pages opened"))
ACTIVITY = Category("interactive", _("what was done on the site, such as log-ins and downloads"))
DEMOGRAPHIC = Category("demographic", _("language and time zone"))
WORDS = Category("content", _("words and files that somebody wrote or sent"))
STATE = Category("state", _("what keeps a visit together, such as cookies"))
CHOICES = Category("preference", _("choices and preferences"))
ASSESSMENT = Category("other-category", _("signs of misuse, and what was decided on them"))
