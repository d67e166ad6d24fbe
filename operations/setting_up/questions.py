"""What `manage.py setup` asks, in its order: each question with its default, its explanation, and how its answer is read."""

import re
from pathlib import Path
from unicodedata import normalize

from operations import relays
from operations.setting_up import brokers, databases, readers
from operations.setting_up.question import Group, Known, Question


def system_zone(known: Known) -> str:
    try:
        return readers.time_zone(Path("/etc/timezone").read_text().strip())
    except (OSError, readers.Unusable):
        return "UTC"


def made_code(known: Known) -> str:
    plain = normalize("NFKD", known["product-name"]).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Z0-9]+", "-", plain.upper()).strip("-")[:50]


def no_database(known: Known) -> str:
    return databases.refused(known) if known.on_postgresql else ""


def on_postgresql(known: Known) -> bool:
    return known.on_postgresql


def has_relay(known: Known) -> bool:
    return bool(known["mail-host"])


SITE = Group(
    "The site",
    (
        Question(
            "mode",
            "Is it for real (production), or to try out (development)?",
            "Production needs PostgreSQL, Redis, HTTPS and a mail relay; trying out needs nothing.",
            variable="INFACTA_MODE",
            default=lambda known: "production",
            read=lambda known: readers.one_of("production", "development"),
        ),
        Question(
            "site-name",
            "Name of the site",
            "On pages, in mails, in authenticator apps.",
            variable="SITE_NAME",
            read=lambda known: readers.words(most=60),
        ),
        Question(
            "site-url",
            "Public address",
            "Every link in a mail begins with it.",
            variable="SITE_URL",
            default=lambda known: "" if known.is_production else "http://localhost:8000",
            read=lambda known: readers.address_of_site(https=known.is_production),
        ),
        Question(
            "time-zone",
            "Time zone",
            "For visitors of whom no other is known.",
            variable="TIME_ZONE",
            default=system_zone,
            read=lambda known: readers.time_zone,
        ),
    ),
)
VENDOR = Group(
    "Who stands behind it",
    (
        Question(
            "vendor-name",
            "Name of the company or person",
            "The imprint names it.",
            variable="VENDOR_NAME",
            read=lambda known: readers.words(0),
        ),
        Question(
            "vendor-address",
            "Postal address, in one line",
            "Mails, policies and the imprint name it; laws ask for that.",
            variable="VENDOR_ADDRESS",
        ),
        Question(
            "support-email",
            "E-mail address for help",
            "Customers write there.",
            variable="SUPPORT_EMAIL",
            default=lambda known: f"support@{known.domain}",
            read=lambda known: readers.email(),
        ),
        Question(
            "privacy-email",
            "E-mail address for questions about privacy",
            "Somebody must answer there.",
            variable="PRIVACY_EMAIL",
            default=lambda known: f"privacy@{known.domain}",
            read=lambda known: readers.email(),
        ),
    ),
)
DATABASE = Group(
    "Database",
    (
        Question(
            "database",
            "postgresql, or sqlite?",
            "SQLite needs no server, and is for trying out alone.",
            default=lambda known: "sqlite",
            read=lambda known: readers.one_of("postgresql", "sqlite"),
            applies=lambda known: known["mode"] == "development",
        ),
        Question(
            "database-host",
            "Host of PostgreSQL",
            default=lambda known: "127.0.0.1",
            read=lambda known: readers.host(),
            applies=on_postgresql,
        ),
        Question("database-port", "Port", default=lambda known: "5432", read=lambda known: readers.port, applies=on_postgresql),
        Question(
            "database-name",
            "Name of the database",
            default=lambda known: "infacta",
            read=lambda known: readers.words(most=63),
            applies=on_postgresql,
        ),
        Question(
            "database-user", "User", default=lambda known: "infacta", read=lambda known: readers.words(most=63), applies=on_postgresql
        ),
        Question("database-password", "Password of that user", read=lambda known: readers.words(0), is_secret=True, applies=on_postgresql),
    ),
    refused=no_database,
)
REDIS = Group(
    "Redis",
    (
        Question(
            "redis-url",
            "Address of Redis",
            "It wakes the workers. Such as redis://HOST:PORT/NUMBER; its password is asked for by itself.",
            default=lambda known: "redis://127.0.0.1:6379/0" if known.is_production else "",
            read=lambda known: readers.redis_url(required=known.is_production),
        ),
        Question(
            "redis-password",
            "Password of Redis, if it wants one",
            read=lambda known: readers.words(0),
            is_secret=True,
            applies=lambda known: bool(known["redis-url"]),
        ),
    ),
    refused=lambda known: brokers.refused(brokers.url_of(known)),
)
FILES = Group(
    "Files and proxies",
    (
        Question(
            "data-dir",
            "Folder of the site's files",
            "Release files, sealed cases, static files. It is made if it is not there.",
            variable="DATA_DIR",
            default=lambda known: "/var/lib/infacta" if known.is_production else str(known.folder / "var"),
            read=lambda known: readers.folder,
        ),
        Question(
            "keys-folder",
            "Folder of the keys that sign releases, licences and updates",
            "Away from backups. Keys that are there stay.",
            default=lambda known: str(known.folder),
            read=lambda known: readers.folder,
            applies=lambda known: known.is_production,
        ),
        Question(
            "trusted-proxies",
            "Addresses that your nginx connects from",
            "The client's address in X-Forwarded-For is believed from these alone.",
            variable="TRUSTED_PROXIES",
            default=lambda known: "127.0.0.1" if known.is_production else "",
            read=lambda known: readers.networks(required=known.is_production),
        ),
    ),
)
MAIL = Group(
    "Mail",
    (
        Question(
            "mail-from",
            "Sender of mails",
            "An address, or: Name <address>",
            variable="MAIL_FROM",
            default=lambda known: (
                readers.named(known["site-name"], f"site@{known.domain}") if known["site-name"] else f"site@{known.domain}"
            ),
            read=lambda known: readers.sender,
        ),
        Question(
            "mail-host",
            "Host of the mail relay",
            "Without one, mails are written to files (only to try out, or where ANYMAIL_ESP is set).",
            read=lambda known: readers.host(required=known.is_production and not known.present.get("ANYMAIL_ESP")),
        ),
        Question(
            "mail-security",
            "How it is secured: starttls, tls or none",
            default=lambda known: "starttls",
            read=lambda known: readers.one_of(*relays.SCHEMES),
            applies=has_relay,
        ),
        Question(
            "mail-port",
            "Port",
            default=lambda known: relays.PORTS[known["mail-security"]],
            read=lambda known: readers.port,
            applies=has_relay,
        ),
        Question("mail-user", "User, if it wants one", read=lambda known: readers.words(0), applies=has_relay),
        Question(
            "mail-password",
            "Password of that user",
            read=lambda known: readers.words(),
            is_secret=True,
            applies=lambda known: bool(known["mail-user"]),
        ),
    ),
    refused=relays.refused,
)
LOOKS = Group(
    "Looks",
    (
        Question(
            "brand-color",
            "Colour of links and buttons",
            "Such as #0b5563; empty: the site's own.",
            variable="BRAND_COLOR",
            read=lambda known: readers.colour,
        ),
        Question(
            "brand-logo",
            "Logo: path of an SVG or PNG",
            "Empty: the name stands there in letters.",
            variable="BRAND_LOGO",
            read=lambda known: readers.picture,
        ),
    ),
)
STAFF = Group(
    "The first administrator",
    (
        Question(
            "staff-email",
            "Your e-mail address",
            "You log in to the staff area with it.",
            read=lambda known: readers.email(required=False),
        ),
        Question("staff-name", "Your name", read=lambda known: readers.words(0), applies=lambda known: bool(known["staff-email"])),
    ),
)
PRODUCT = Group(
    "The first product",
    (
        Question("product-name", "Name", "Empty: none for now.", read=lambda known: readers.words(0, 100)),
        Question(
            "product-code",
            "Code",
            "What partners' notifications call it.",
            default=made_code,
            read=lambda known: readers.product_code,
            applies=lambda known: bool(known["product-name"]),
        ),
        Question(
            "product-summary",
            "In one sentence",
            read=lambda known: readers.words(0),
            applies=lambda known: bool(known["product-name"]),
        ),
    ),
)
TRY_MAIL = Group(
    "A mail, to try",
    (
        Question(
            "try-mail-to",
            "Where shall a mail go, to try the relay?",
            "It shows whether mails arrive. A single -: none is sent.",
            default=lambda known: known["staff-email"] if known["mail-host"] else "",
            read=lambda known: readers.email(required=False),
        ),
    ),
)
GROUPS = (SITE, VENDOR, DATABASE, REDIS, FILES, MAIL, LOOKS, STAFF, PRODUCT, TRY_MAIL)
QUESTIONS = tuple(question for group in GROUPS for question in group.questions)
