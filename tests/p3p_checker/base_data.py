"""The base data schema of P3P 1.0 (5.5 and 5.6): which names there are, and which categories each has for good."""

from collections.abc import Iterator

NAVIGATION, COMPUTER, DEMOGRAPHIC = frozenset({"navigation"}), frozenset({"computer"}), frozenset({"demographic"})
PHYSICAL, ONLINE, UNIQUE = frozenset({"physical"}), frozenset({"online"}), frozenset({"uniqueid"})
INTERACTIVE, NONE = frozenset({"interactive"}), frozenset()

Structure = dict[str, "Structure | frozenset[str]"]


def all_of(names: str, categories: frozenset[str]) -> Structure:
    return dict.fromkeys(names.split(), categories)


def date(categories: frozenset[str]) -> Structure:
    """Dates have the categories of what they are the date of."""
    return {
        "ymd": all_of("year month day", categories),
        "hms": all_of("hour minute second", categories),
        **all_of("fractionsecond timezone", categories),
    }


def uri(categories: frozenset[str]) -> Structure:
    return all_of("authority stem querystring", categories)


PERSONNAME = all_of("given middle family", PHYSICAL) | all_of("prefix suffix nickname", DEMOGRAPHIC)
LOGIN = all_of("id password", UNIQUE)
CERTIFICATE = all_of("key format", UNIQUE)
TELEPHONE = all_of("intcode loccode number ext comment", PHYSICAL)
POSTAL: Structure = {"name": PERSONNAME, "street": PHYSICAL, **all_of("city stateprov postalcode country organization", DEMOGRAPHIC)}
TELECOM: Structure = dict.fromkeys(("telephone", "fax", "mobile", "pager"), TELEPHONE)
CONTACT: Structure = {"postal": POSTAL, "telecom": TELECOM, "online": all_of("email uri", ONLINE)}
ADDRESS = all_of("hostname fullip", COMPUTER) | all_of("partialhostname partialip", DEMOGRAPHIC)
PERSON: Structure = {
    "name": PERSONNAME,
    "bdate": date(DEMOGRAPHIC),
    "login": LOGIN,
    "cert": CERTIFICATE,
    **all_of("gender employer department jobtitle", DEMOGRAPHIC),
    "home-info": CONTACT,
    "business-info": CONTACT,
}
CLICKSTREAM: Structure = {
    "uri": uri(NAVIGATION),
    "timestamp": date(NAVIGATION),
    "clientip": ADDRESS,
    "other": all_of("httpmethod bytes statuscode", NAVIGATION),
}
BASE: Structure = {
    "dynamic": {
        "clickstream": CLICKSTREAM,
        "http": {"referer": uri(NAVIGATION), "useragent": COMPUTER},
        "clientevents": NAVIGATION,
        "cookies": NONE,
        "miscdata": NONE,
        **all_of("searchtext interactionrecord", INTERACTIVE),
    },
    "user": PERSON,
    "thirdparty": PERSON,
    "business": {"name": DEMOGRAPHIC, "department": DEMOGRAPHIC, "cert": CERTIFICATE, "contact-info": CONTACT},
}
VARIABLE = {"dynamic.cookies", "dynamic.miscdata"}  # whoever names them says of which categories they are


def named(structure: Structure, before: str = "") -> Iterator[tuple[str, frozenset[str]]]:
    """Every name, of sets and of single data, with the categories of all that is in it."""
    for name, inside in structure.items():
        path = before + name
        if isinstance(inside, frozenset):
            yield path, inside
        else:
            found = list(named(inside, f"{path}."))
            yield path, frozenset().union(*(categories for _path, categories in found))
            yield from found


CATEGORIES_OF = dict(named(BASE))
