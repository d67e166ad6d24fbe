"""The cookies of the customer resources area and of the staff area (promise C12)."""

from django.utils.translation import gettext_lazy as _

from accounts.personal_data.retention import YEAR
from privacy import categories
from privacy.areas import RESOURCES, STAFF
from privacy.cookies import Cookie
from privacy.registry import registry

COOKIE_CHECK = registry.cookie(
    Cookie(
        "cookie_check",
        prefix="__Secure-",
        path="/resources/",
        life=None,
        areas=(RESOURCES,),
        content=_("the digit 1"),
        purpose=_("shows us whether your browser accepts cookies, so that we can tell you when it does not"),
    )
)
GREETING = registry.cookie(
    Cookie(
        "greeting",
        prefix="__Secure-",
        path="/resources/",
        life=YEAR,
        areas=(RESOURCES,),
        content=_("the name we greet you by, signed"),
        categories=(categories.STATE, categories.POSTAL),
        p3p=("individual-decision opt-out", "admin opt-out"),
        purpose=_(
            "greets you on your next visit, unless you switch that off, and lets us tell this browser from a stranger's when somebody guesses at your password"
        ),
        optional=True,
    )
)
ACCOUNT = registry.cookie(
    Cookie(
        "account",
        prefix="__Secure-",
        path="/resources/",
        life=YEAR,
        areas=(RESOURCES,),
        content=_("your e-mail address, signed"),
        categories=(categories.STATE, categories.ONLINE),
        p3p=("individual-decision opt-in",),
        purpose=_("fills in your address at the log-in, only if you tick “Remember this account”; it never logs you in"),
        optional=True,
    )
)
AUTHENTICATION = registry.cookie(
    Cookie(
        "authentication",
        prefix="__Secure-",
        path="/resources/",
        life=None,
        areas=(RESOURCES,),
        content=_("a random number"),
        categories=(categories.STATE, categories.IDENTIFIER),
        names_person=True,
        purpose=_("shows that you are logged in; it exists only while you are"),
    )
)
STAFF_AUTHENTICATION = registry.cookie(
    Cookie(
        "staff_authentication",
        prefix="__Secure-",
        path="/staff/",
        life=None,
        areas=(STAFF,),
        content=_("a random number"),
        categories=(categories.STATE, categories.IDENTIFIER),
        names_person=True,
        purpose=_("shows that a member of staff is logged in"),
    )
)
