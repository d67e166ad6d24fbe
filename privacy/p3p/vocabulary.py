"""The words of P3P 1.0 that this site may use: purposes, recipients, retentions and categories, and what each is called in a compact policy.

P3P is history: the W3C recommended it on 16 April 2002 and retired it on 30 August 2018. docs/decisions/p3p.md says what was looked up where.
"""

from django.utils.translation import gettext_lazy as _

from privacy.texts import Text

NAMESPACE = "http://www.w3.org/2002/01/P3Pv1"
# Each with its token (P3P 1.0, 4.2) and with what it means to a person.
ACCESS: dict[str, tuple[str, Text]] = {
    "nonident": ("NOI", _("nothing here tells who you are")),
    "all": ("ALL", _("you may see all that is held about you")),
}
PURPOSES: dict[str, tuple[str, Text]] = {
    "current": ("CUR", _("to do what you came for")),
    "admin": ("ADM", _("to run the site and keep it safe")),
    "develop": ("DEV", _("to make products better")),
    "individual-decision": ("IVD", _("to decide something about you, such as how to greet you, or whether an account is misused")),
    "contact": ("CON", _("to write to you about products")),
    "other-purpose": ("OTP", _("for something else, which the policy says in words")),
}
RECIPIENTS: dict[str, tuple[str, Text]] = {
    "ours": ("OUR", _("we, and those who work for us alone")),
    "other-recipient": ("OTR", _("somebody with practices of their own: the partner at whom you buy")),
}
RETENTIONS: dict[str, tuple[str, Text]] = {
    "no-retention": ("NOR", _("not kept")),
    "stated-purpose": ("STP", _("until it has served its purpose")),
    "legal-requirement": ("LEG", _("as long as the law wants it")),
    "business-practices": ("BUS", _("for a time that the policy states")),
    "indefinitely": ("IND", _("without limit")),
}
CATEGORIES: dict[str, tuple[str, Text]] = {
    "physical": ("PHY", _("name, postal address, telephone number")),
    "online": ("ONL", _("e-mail address")),
    "uniqueid": ("UNI", _("numbers and names that stand for you")),
    "purchase": ("PUR", _("purchases")),
    "computer": ("COM", _("your computer: its IP address, the browser")),
    "navigation": ("NAV", _("pages that you opened")),
    "interactive": ("INT", _("what you did on the site")),
    "demographic": ("DEM", _("country, language and the like")),
    "content": ("CNT", _("words and files of yours")),
    "state": ("STA", _("what keeps a visit together, such as cookies")),
    "preference": ("PRE", _("choices and preferences")),
    "other-category": ("OTC", _("something else, which the policy says in words")),
}
REMEDIES: dict[str, tuple[str, Text]] = {
    "correct": ("COR", _("what is wrong is put right")),
    "law": ("LAW", _("the law says what is owed to you")),
}
DISPUTES: tuple[str, Text] = ("DSP", _("the policy says how to complain"))

REQUIRED: dict[str, tuple[str, Text]] = {
    # What may stand after a purpose or a recipient, its suffix in a compact policy, and what it means. From the choice that is given to none.
    "opt-in": ("i", _("only if you ask for it")),
    "opt-out": ("o", _("unless you refuse")),
    "always": ("", ""),
}
NEVER_A_CHOICE = ("current", "ours")

POSTAL = frozenset({"physical", "demographic"})
BASE_DATA: dict[str, frozenset[str]] = {
    # Names of the base data schema (P3P 1.0, 5.6) that our declarations use, each with the categories that P3P fixes for it.
    "dynamic.clickstream": frozenset({"navigation", "computer", "demographic"}),
    "dynamic.clickstream.clientip": frozenset({"computer", "demographic"}),
    "dynamic.clickstream.clientip.fullip": frozenset({"computer"}),
    "dynamic.clickstream.other.bytes": frozenset({"navigation"}),
    "dynamic.clickstream.timestamp": frozenset({"navigation"}),
    "dynamic.clickstream.uri": frozenset({"navigation"}),
    "dynamic.http.useragent": frozenset({"computer"}),
    "user.name": POSTAL,
    "user.login.id": frozenset({"uniqueid"}),
    "user.login.password": frozenset({"uniqueid"}),
    "user.home-info": POSTAL | {"online"},
    "user.home-info.online.email": frozenset({"online"}),
    "user.home-info.postal.organization": frozenset({"demographic"}),
    "user.home-info.postal.street": frozenset({"physical"}),
    "user.home-info.postal.city": frozenset({"demographic"}),
    "user.home-info.postal.stateprov": frozenset({"demographic"}),
    "user.home-info.postal.postalcode": frozenset({"demographic"}),
    "user.home-info.postal.country": frozenset({"demographic"}),
    "user.home-info.telecom.telephone": frozenset({"physical"}),
    "user.home-info.telecom.fax": frozenset({"physical"}),
}
COOKIES, MISCELLANEOUS = "dynamic.cookies", "dynamic.miscdata"  # whose categories the policy itself states


def meanings() -> dict[str, Text]:
    """What each token of a compact policy means, without suffixes."""
    tables = (ACCESS, PURPOSES, RECIPIENTS, RETENTIONS, CATEGORIES, REMEDIES)
    return dict([DISPUTES, *(told for table in tables for told in table.values())])
