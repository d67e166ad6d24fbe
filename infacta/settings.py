"""All settings, read from the environment (and from `.env`, if there is one).

`INFACTA_MODE` is `production` unless said otherwise, and production does not start with a missing or
unsafe value: it names every one in a sentence. `docs/environment.md` lists the variables.
"""

import re
from datetime import timedelta
from email.utils import parseaddr
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.validators import validate_email

from infacta import leftovers
from infacta.contrast import contrast_problem
from infacta.log_lines import FORMATTERS
from infacta.pictures import BadPicture, Picture, read_picture

BASE_DIR = Path(__file__).resolve().parent.parent
MODES = ("production", "development", "test")

env = environ.FileAwareEnv()
if env.str("INFACTA_MODE", "") != "test":
    env.read_env(env.str("ENV_FILE", str(BASE_DIR / ".env")))

MODE = env.str("INFACTA_MODE", "production")
PRODUCTION = MODE == "production"
DEVELOPMENT = MODE == "development"
problems: list[str] = []
if MODE not in MODES:
    problems.append(f"INFACTA_MODE is {MODE!r}; set it to one of: {', '.join(MODES)}.")


def required(name: str, sentence: str, elsewhere: str) -> str:
    """The value of `name`; in production its absence is a problem, in the other modes `elsewhere` serves."""
    value = env.str(name, "")
    if not value and PRODUCTION:
        problems.append(f"{name} is not set: {sentence}")
    return value or elsewhere


def given(name: str) -> bool:
    """Whether the variable has a value; one that has none is told of by `required`, and needs no second sentence."""
    return bool(env.str(name, ""))


def refuse_in_production(unsafe: bool, sentence: str) -> None:
    if PRODUCTION and unsafe:
        problems.append(sentence)


def required_address(name: str, sentence: str, elsewhere: str) -> str:
    """A required e-mail address; in production one that mail cannot reach is a problem too."""
    value = required(name, sentence, elsewhere)
    try:
        validate_email(value)
    except ValidationError:
        refuse_in_production(given(name), f"{name} is {value!r}: set it to one e-mail address.")
    return value


# The site and its vendor
SITE_NAME = env.str("SITE_NAME", "Infacta")
SITE_URL = required(
    "SITE_URL", "set it to the public address, such as https://customers.example.com.", f"http://localhost:{env.str('PORT', '8000')}"
).rstrip("/")
HTTPS = SITE_URL.startswith("https://")
refuse_in_production(given("SITE_URL") and not HTTPS, f"SITE_URL is {SITE_URL!r}: it must begin with https://.")
SITE_HOST = urlsplit(SITE_URL).hostname or ""
VENDOR_ADDRESS = required(
    "VENDOR_ADDRESS",
    "set it to the vendor's postal address; mails and policies name it.",
    f"{SITE_NAME} Ltd, 1 Example Street, Exampletown",
)
SUPPORT_EMAIL = required_address("SUPPORT_EMAIL", "set it to the address that customers write to for help.", "support@localhost")
PRIVACY_EMAIL = required_address("PRIVACY_EMAIL", "set it to the address that answers questions about the policies.", "privacy@localhost")
# For the register of processing (GDPR article 30; docs/policies.md): what nobody but the operator knows.
DATA_PROTECTION_OFFICER = env.str("DATA_PROTECTION_OFFICER", "")
"""Name and address of the officer or representative, if there is one."""
PRIVACY_TRANSFERS = env.str("PRIVACY_TRANSFERS", "")
"""Which data leave for which country outside of the EU, and on what safeguards; empty: none are known."""

# What the imprint says besides (docs/branding.md); what is empty is left out.
VENDOR_NAME = env.str("VENDOR_NAME", "")
VENDOR_REPRESENTATIVE = env.str("VENDOR_REPRESENTATIVE", "")
VENDOR_REGISTER = env.str("VENDOR_REGISTER", "")
VENDOR_VAT_ID = env.str("VENDOR_VAT_ID", "")
VENDOR_TELEPHONE = env.str("VENDOR_TELEPHONE", "")

# Colours and pictures (docs/branding.md)
BRAND_COLOR = env.str("BRAND_COLOR", "").lower()
BRAND_COLOR_DARK = env.str("BRAND_COLOR_DARK", "").lower()
"""By night; empty: BRAND_COLOR, made light enough."""
for name in ("BRAND_COLOR", "BRAND_COLOR_DARK"):
    if vars()[name] and (problem := contrast_problem(vars()[name], dark=name.endswith("_DARK"))):
        problems.append(f"{name} is {vars()[name]!r}, which {problem}")
BRAND_PICTURES: dict[str, Picture] = {}
"""The vendor's pictures, by their names: logo, logo-dark, icon."""
for kind, file in {
    "logo": env.str("BRAND_LOGO", ""),
    "logo-dark": env.str("BRAND_LOGO_DARK", ""),
    "icon": env.str("BRAND_ICON", ""),
}.items():
    if file:
        try:
            BRAND_PICTURES[kind] = read_picture(Path(file))
        except BadPicture as error:
            problems.append(f"BRAND_{kind.upper().replace('-', '_')} ({file}) cannot be shown: {error}")

# Django's own
SECRET_KEY = required(
    "SECRET_KEY",
    "set it to 50 or more random characters, kept secret: python -c 'import secrets; print(secrets.token_urlsafe(64))'.",
    "for development and tests alone: nobody may rely on what this key signs",
)
refuse_in_production(0 < len(env.str("SECRET_KEY", "")) < 50, "SECRET_KEY is shorter than 50 characters: make a longer one.")
# The digest that stands for a number that looked like a card's must stay the same when SECRET_KEY changes.
REMOVED_NUMBERS_KEY = env.str("REMOVED_NUMBERS_KEY", SECRET_KEY)
# So must the key of the audit log's seals, or the chain would look forged from its first link on.
AUDIT_KEY = env.str("AUDIT_KEY", SECRET_KEY)
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
DEBUG = False
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[SITE_HOST] if PRODUCTION else [SITE_HOST, "localhost", "127.0.0.1", "testserver"])
refuse_in_production("*" in ALLOWED_HOSTS, "ALLOWED_HOSTS holds '*': name the site's own hosts.")
ROOT_URLCONF = "infacta.urls"
WSGI_APPLICATION = "infacta.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "infacta",
    "privacy",
    "audit",
    "mailroom",
    "accounts",
    "downloads",
    "purchases",
    "promotions",
    "announcements",
    "support",
    "rights",
    "website",
    "operations",
    "accounts.staff_app.StaffSiteConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django_otp",
    "accounts.staff_app.AuthenticatorAppsConfig",
    "accounts.staff_app.PasskeysConfig",
    "csp",
    "anymail",
]
MIDDLEWARE = [
    "infacta.under_way.request_ids",
    "operations.views.early.answer_our_own_machines",
    "operations.metrics.counting.count_requests",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "infacta.content_security.ReadyMadeCSPMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "infacta.middleware.end_language_and_time_zone",
    "privacy.ribbon.privacy_ribbon",
    "privacy.middleware.area_headers",
    "infacta.middleware.refuse_nul",
    "infacta.middleware.pay_what_is_owed",
    "django.middleware.common.CommonMiddleware",
    "privacy.middleware.cookie_gate",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "infacta.unreadable_session.read_session",
    "infacta.languages.LanguageMiddleware",
    "accounts.middleware.AuthenticationMiddleware",
    "accounts.middleware.as_the_customer_reads",
    "accounts.middleware.ResourcesLoginRequired",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "website.context.site",
            ]
        },
    }
]

# Data
DATA_DIR = Path(env.str("DATA_DIR", str(BASE_DIR / "var" / ("tests" if MODE == "test" else ""))))
DATABASE_URL = required(
    "DATABASE_URL", "set it to a PostgreSQL address: postgres://user:password@host/name.", f"sqlite:///{DATA_DIR}/infacta.sqlite3"
)
refuse_in_production(
    given("DATABASE_URL") and not DATABASE_URL.startswith("postgres"),
    "DATABASE_URL does not name a PostgreSQL database: production needs one.",
)
DATABASES: dict[str, dict[str, Any]] = {"default": env.db_url_config(DATABASE_URL)}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    Path(DATABASES["default"]["NAME"]).parent.mkdir(parents=True, exist_ok=True)
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA secure_delete=ON;",  # what is destroyed leaves no bytes in free pages
    }
    DATABASES["default"]["TEST"] = {"NAME": DATA_DIR / "test.sqlite3"}
else:
    DATABASES["default"] |= {"CONN_MAX_AGE": 600, "CONN_HEALTH_CHECKS": True}
    # A server that is gone without a word is noticed within seconds: on connecting, while something is sent, and while an answer is waited for.
    DATABASES["default"]["OPTIONS"] = {
        "connect_timeout": 5,
        "tcp_user_timeout": 10_000,
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 4,
    } | DATABASES["default"].get("OPTIONS", {})
    if MODE == "test":  # Django empties the tables between tests; nowhere else may anybody empty the audit log
        DATABASES["default"]["OPTIONS"] |= {"options": "-c infacta.audit_truncate=on"}
BACKUP_DIR = env.str("BACKUP_DIR", "")
"""Where `manage.py backup` puts backups if it is told no other folder, and where the site looks how old the newest is; empty: nowhere."""
if BACKUP_DIR and not Path(BACKUP_DIR).is_absolute():
    problems.append(f"BACKUP_DIR is {BACKUP_DIR!r}: set it to a whole path, such as /var/backups/infacta.")
PAGES_KEPT_SECONDS = env.float("PAGES_KEPT_SECONDS", 5.0 if PRODUCTION else 0.0)
if not 0 <= PAGES_KEPT_SECONDS <= 30:
    problems.append(f"PAGES_KEPT_SECONDS is {PAGES_KEPT_SECONDS}: set it to a number of seconds from 0 to 30.")
REDIS_URL = required("REDIS_URL", "set it to the Redis that wakes the workers, such as redis://localhost:6379/0.", "")
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}  # nothing is lost with it, and no server can be away

# Files: products' files lie outside the web root; `python` streams them, `nginx` hands them over (X-Accel-Redirect); with `s3` they lie in
# an object store, whose own addresses lapse.
RELEASE_FILES_DIR = DATA_DIR / "releases"
FILE_UPLOAD_TEMP_DIR = DATA_DIR / "uploads"
FILE_UPLOAD_TEMP_DIR.mkdir(parents=True, exist_ok=True)
FILE_UPLOAD_HANDLERS = ["support.vault.uploads.CaseUploadHandler", "downloads.releases.uploads.StaffUploadHandler"]
FILE_UPLOAD_PERMISSIONS = 0o640
DOWNLOADS_DELIVERY = env.str("DOWNLOADS_DELIVERY", "python")
if DOWNLOADS_DELIVERY not in ("python", "nginx", "s3"):
    problems.append(f"DOWNLOADS_DELIVERY is {DOWNLOADS_DELIVERY!r}; set it to python, nginx or s3.")
X_ACCEL_PREFIX = env.str("X_ACCEL_PREFIX", "/protected-releases/")
OBJECT_STORE = {
    "bucket_name": env.str("S3_BUCKET", ""),
    "endpoint_url": env.str("S3_ENDPOINT_URL", "").rstrip("/") or None,
    "region_name": env.str("S3_REGION", ""),
    "access_key": env.str("AWS_ACCESS_KEY_ID", ""),
    "secret_key": env.str("AWS_SECRET_ACCESS_KEY", ""),
}
STORE_SENTENCES = {
    "bucket_name": "S3_BUCKET is not set: set it to the bucket that holds the release files.",
    "region_name": "S3_REGION is not set: set it to the store's region, such as eu-central-1; many stores of another make take any.",
    "access_key": "AWS_ACCESS_KEY_ID is not set: set it to the key that may read, write, list and delete in the bucket.",
    "secret_key": "AWS_SECRET_ACCESS_KEY is not set: set it to the secret that belongs to AWS_ACCESS_KEY_ID.",
}
STORE_HOST = f"https://{OBJECT_STORE['bucket_name']}.s3.{OBJECT_STORE['region_name']}.amazonaws.com"
STORE_POLICY_URL = env.str("S3_POLICY_URL", "")
"""The privacy policy of whoever runs the store: the site's own policies link it."""
if DOWNLOADS_DELIVERY == "s3":
    problems += [sentence for name, sentence in STORE_SENTENCES.items() if not OBJECT_STORE[name]]
    STORE_HOST = "{0.scheme}://{0.netloc}".format(urlsplit(OBJECT_STORE["endpoint_url"])) if OBJECT_STORE["endpoint_url"] else STORE_HOST
    if not re.fullmatch(r"https?://[\w.:\[\]-]+", STORE_HOST):
        problems.append(f"S3_ENDPOINT_URL is {OBJECT_STORE['endpoint_url']!r}: set it to an address such as https://s3.example.net.")
    refuse_in_production(STORE_HOST.startswith("http://"), "S3_ENDPOINT_URL must begin with https://: customers fetch files there.")
# The keys that sign release files, licence files and updates, in PEM, or the files that hold them. What is wrong with them is told by downloads/checks.py
# and not here: the command that makes the first key must be able to start without one.
SIGNING_KEY_FILE = Path(env.str("SIGNING_KEY_FILE", "") or DATA_DIR / "signing-key.pem")
SIGNING_KEY = "" if given("SIGNING_KEY_FILE") else env.str("SIGNING_KEY", "", multiline=True)
LICENCE_KEY_FILE = Path(env.str("LICENCE_KEY_FILE", "") or DATA_DIR / "licence-key.pem")
LICENCE_KEY = "" if given("LICENCE_KEY_FILE") else env.str("LICENCE_KEY", "", multiline=True)
UPDATE_KEY_FILE = Path(env.str("UPDATE_KEY_FILE", "") or DATA_DIR / "update-key.pem")
UPDATE_KEY = "" if given("UPDATE_KEY_FILE") else env.str("UPDATE_KEY", "", multiline=True)
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000_000
STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATIC_ROOT.mkdir(parents=True, exist_ok=True)
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "releases": {"BACKEND": "downloads.releases.object_store.ObjectStore", "OPTIONS": OBJECT_STORE}
    if DOWNLOADS_DELIVERY == "s3"
    else {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": RELEASE_FILES_DIR}},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if MODE != "test"
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = MODE == "test"

# Mail: by a relay (EMAIL_URL), or by a provider's own interface (ANYMAIL_ESP); with both by the relay, and the provider tells what came back.
ESP_NEEDS = {
    "amazon_ses": (),
    "brevo": ("BREVO_API_KEY",),
    "mailgun": ("MAILGUN_API_KEY",),
    "mailjet": ("MAILJET_API_KEY", "MAILJET_SECRET_KEY"),
    "postmark": ("POSTMARK_SERVER_TOKEN",),
    "sparkpost": ("SPARKPOST_API_KEY",),
}
ANYMAIL_ESP = env.str("ANYMAIL_ESP", "")
if ANYMAIL_ESP and ANYMAIL_ESP not in ESP_NEEDS:
    problems.append(f"ANYMAIL_ESP is {ANYMAIL_ESP!r}; set it to one of: {', '.join(ESP_NEEDS)}.")
ANYMAIL = {
    "WEBHOOK_SECRET": env.str("ANYMAIL_WEBHOOK_SECRET", ""),
    "AMAZON_SES_CONFIGURATION_SET_NAME": env.str("ANYMAIL_AMAZON_SES_CONFIGURATION_SET_NAME", ""),
    "BREVO_API_KEY": env.str("ANYMAIL_BREVO_API_KEY", ""),
    "MAILGUN_API_KEY": env.str("ANYMAIL_MAILGUN_API_KEY", ""),
    "MAILGUN_API_URL": env.str("ANYMAIL_MAILGUN_API_URL", ""),
    "MAILGUN_SENDER_DOMAIN": env.str("ANYMAIL_MAILGUN_SENDER_DOMAIN", ""),
    "MAILGUN_WEBHOOK_SIGNING_KEY": env.str("ANYMAIL_MAILGUN_WEBHOOK_SIGNING_KEY", ""),
    "MAILJET_API_KEY": env.str("ANYMAIL_MAILJET_API_KEY", ""),
    "MAILJET_SECRET_KEY": env.str("ANYMAIL_MAILJET_SECRET_KEY", ""),
    "POSTMARK_SERVER_TOKEN": env.str("ANYMAIL_POSTMARK_SERVER_TOKEN", ""),
    "POSTMARK_MESSAGE_STREAM": env.str("ANYMAIL_POSTMARK_MESSAGE_STREAM", ""),
    "SPARKPOST_API_KEY": env.str("ANYMAIL_SPARKPOST_API_KEY", ""),
    "SPARKPOST_API_URL": env.str("ANYMAIL_SPARKPOST_API_URL", ""),
}
ANYMAIL = {name: value for name, value in ANYMAIL.items() if value}  # what is empty is none to anymail, and not a value
if ANYMAIL_ESP:
    problems += [
        f"ANYMAIL_{name} is not set: set it to the key of the provider's account."
        for name in ESP_NEEDS.get(ANYMAIL_ESP, ())
        if name not in ANYMAIL
    ]
    refuse_in_production(
        not re.fullmatch(r"[^:\s]+:\S{16,}", ANYMAIL.get("WEBHOOK_SECRET", "")),
        "ANYMAIL_WEBHOOK_SECRET must be a name, a colon and 16 or more random characters: the provider shows it with what it tells of bounces.",
    )
EMAIL_URL = (
    env.str("EMAIL_URL", "")
    if ANYMAIL_ESP
    else required("EMAIL_URL", "set it to the mail relay, such as smtp+tls://user:password@host:587, or set ANYMAIL_ESP.", "")
)
MAIL_DIR = DATA_DIR / "mail"
if EMAIL_URL:
    vars().update(env.email_url_config(EMAIL_URL))
elif ANYMAIL_ESP:
    EMAIL_BACKEND = f"anymail.backends.{ANYMAIL_ESP}.EmailBackend"
else:
    EMAIL_BACKEND = "mailroom.backends.EmlFileBackend"
EMAIL_TIMEOUT = 20
MAILDIR = env.str("MAILDIR", "")
DEFAULT_FROM_EMAIL = required("MAIL_FROM", "set it to the address that mails come from.", f"{SITE_NAME} <{SUPPORT_EMAIL}>")


# Support (docs/support.md): what people send lies in folders of its own, and the keys that open it apart from it.
CASE_FILES_DIR = Path(env.str("CASE_FILES_DIR", "") or DATA_DIR / "case-files")
CASE_KEYS_DIR = Path(env.str("CASE_KEYS_DIR", "") or DATA_DIR / "case-keys")
"""Never in a backup: a key that is destroyed is then destroyed everywhere."""
DESTRUCTIONS_LOG = Path(env.str("DESTRUCTIONS_LOG", "") or DATA_DIR / "destructions.log")
REPORT_FILES_DIR = Path(env.str("REPORT_FILES_DIR", "") or DATA_DIR / "report-files")
REPORT_KEYS_DIR = Path(env.str("REPORT_KEYS_DIR", "") or DATA_DIR / "report-keys")
"""The same for reports of personal data (docs/your-data.md); neither folder goes into a backup, for a report can be asked for again."""
"""What was destroyed, so that it is destroyed again after a backup of the database was restored; all hosts write into the same file."""
ERASURES_LOG = Path(env.str("ERASURES_LOG", "") or DATA_DIR / "erasures.log")
"""Who was erased, by number and keyed digests, so that they are erased again after a backup was restored; all hosts write into the same file."""
ERASURE_COOLING_DAYS = env.int("ERASURE_COOLING_DAYS", 7)
"""For so many days whoever asked to be erased can think again."""
PURCHASE_YEARS = env.int("PURCHASE_YEARS", 10)
"""For so many years after a purchase the law demands that it is kept, also of somebody who was erased."""
SUPPORT_GRACE_DAYS = env.int("SUPPORT_GRACE_DAYS", 14)
"""How long a closed case may be reopened; then all that was told in it is destroyed."""
SUPPORT_BACKUP_DAYS = env.int("SUPPORT_BACKUP_DAYS", 30)
"""After how many days the operator's last backup of a day is overwritten; receipts name the date."""
SUPPORT_QUIET_DAYS = env.int("SUPPORT_QUIET_DAYS", 21)
"""After how many days without a word a case that we answered is closed."""
SUPPORT_DIAGNOSTICS_MAX_MB = env.int("SUPPORT_DIAGNOSTICS_MAX_MB", 200)
"""The largest bundle that a product's wizard may send."""
SUPPORT_DIAGNOSTICS_PENDING_MB = env.int("SUPPORT_DIAGNOSTICS_PENDING_MB", 4000)
"""How much may be under way at a time, of all wizards together."""
for name in ("SUPPORT_DIAGNOSTICS_MAX_MB", "SUPPORT_DIAGNOSTICS_PENDING_MB"):
    if not 1 <= vars()[name] <= 1_000_000:
        problems.append(f"{name} is {vars()[name]}: set it to a number of megabytes from 1 to 1000000.")
if not 0 <= ERASURE_COOLING_DAYS <= 25:
    problems.append(
        f"ERASURE_COOLING_DAYS is {ERASURE_COOLING_DAYS}: set it to a number of days from 0 to 25; the law gives a month for all of it."
    )
if not 1 <= PURCHASE_YEARS <= 30:
    problems.append(f"PURCHASE_YEARS is {PURCHASE_YEARS}: set it to a number of years from 1 to 30.")
if not 0 <= SUPPORT_GRACE_DAYS <= 90:
    problems.append(f"SUPPORT_GRACE_DAYS is {SUPPORT_GRACE_DAYS}: set it to a number of days from 0 to 90.")
if not 0 <= SUPPORT_BACKUP_DAYS <= 400:
    problems.append(f"SUPPORT_BACKUP_DAYS is {SUPPORT_BACKUP_DAYS}: set it to a number of days from 0 to 400.")
if not 1 <= SUPPORT_QUIET_DAYS <= 365:
    problems.append(f"SUPPORT_QUIET_DAYS is {SUPPORT_QUIET_DAYS}: set it to a number of days from 1 to 365.")

# Announcements (docs/announcements.md)
MAIL_DOMAIN = env.str("MAIL_DOMAIN", parseaddr(DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or SITE_HOST)
"""Where bounces and mails that leave the group go to: bounce+TOKEN@ and leave+TOKEN@ this domain."""
ANNOUNCEMENTS_PER_SECOND = env.float("ANNOUNCEMENTS_PER_SECOND", 0)
"""How many mails the relay may be given; 0: as many as it takes."""
ANNOUNCEMENTS_INTENTS = env.int("ANNOUNCEMENTS_INTENTS", 20)
"""To how many it is being sent at a time, by one worker: of so many nobody knows afterwards, if it is killed."""
ANNOUNCEMENTS_WORKERS = env.int("ANNOUNCEMENTS_WORKERS", 2)
"""How many workers send at a time; the others are left to everything else."""
ANNOUNCEMENTS_TWO_PEOPLE_FROM = env.int("ANNOUNCEMENTS_TWO_PEOPLE_FROM", 1000)
"""From so many recipients on, somebody else than who wrote it releases an announcement; 0: never needed."""
ANNOUNCEMENTS_CHECK_LINKS = env.bool("ANNOUNCEMENTS_CHECK_LINKS", True)
"""Whether this server asks if an announcement's links answer; off where it reaches nothing outside."""

for name in ("ANNOUNCEMENTS_INTENTS", "ANNOUNCEMENTS_WORKERS"):
    if vars()[name] < 1:
        problems.append(f"{name} is {vars()[name]}: set it to 1 or more.")
DKIM_KEY_FILE = env.str("DKIM_KEY_FILE", "")
"""The RSA key that signs announcements (docs/announcements-sending.md); empty: the relay signs."""
DKIM_SELECTOR = env.str("DKIM_SELECTOR", "infacta")
DKIM_DOMAIN = env.str("DKIM_DOMAIN", parseaddr(DEFAULT_FROM_EMAIL)[1].rpartition("@")[2])

# Work: the database row is the truth, and a broker only wakes (docs/architecture.md).
CELERY_BROKER_URL = REDIS_URL
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 3600,
    "socket_timeout": 1,
    "socket_connect_timeout": 1,
    # Whoever wakes a worker waits a second at most for a broker that is away; the client's own way is to sleep two seconds and then four.
    "interval_start": 0,
    "interval_step": 0.2,
    "interval_max": 0.2,
    "connect_retries_timeout": 1,
    "unacked_restore_interval": 10,
    "global_keyprefix": env.str("REDIS_PREFIX", "infacta:"),
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_MAX_TASKS_PER_CHILD = 1000
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 30

# Who the client is: addresses in X-Forwarded-For count only when one of these networks says so.
TRUSTED_PROXIES = [
    proxy.strip()
    for proxy in required("TRUSTED_PROXIES", "set it to the addresses that nginx connects from, such as 127.0.0.1.", "").split(",")
    if proxy.strip()
]
for proxy in TRUSTED_PROXIES:
    try:
        ip_network(proxy)
    except ValueError as error:
        problems.append(f"TRUSTED_PROXIES: {error}; name addresses or networks, such as 127.0.0.1 or 10.0.0.0/8.")

# Accounts
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["accounts.backends.AddressBackend"]
PASSWORD_HASHERS = ["accounts.hashers.OwaspArgon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("MinimumLengthValidator", "CommonPasswordValidator", "UserAttributeSimilarityValidator")
]
PASSWORD_RESET_TIMEOUT = int(timedelta(days=3).total_seconds())
LOGIN_URL = "accounts:log_in"
LOGIN_REDIRECT_URL = "downloads:home"
OTP_TOTP_ISSUER = SITE_NAME
OTP_WEBAUTHN_RP_ID = SITE_HOST
OTP_WEBAUTHN_RP_NAME = SITE_NAME
OTP_WEBAUTHN_ALLOWED_ORIGINS = [SITE_URL]
OTP_WEBAUTHN_ALLOW_PASSWORDLESS_LOGIN = False
SILENCED_SYSTEM_CHECKS = ["otp_webauthn.E031"]  # an origin without HTTPS: production refuses it above, and development may have one
OTP_TOTP_THROTTLE_FACTOR = 0  # accounts/limits.py slows guessing, and locks nobody out

# Cookies: names, paths and lives are declared in each app's personal_data.py, and the cookie gate holds them to it.
SESSION_ENGINE = "accounts.sessions"
SESSION_COOKIE_NAME = "__Host-session" if HTTPS else "session"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_AGE = int(timedelta(days=2).total_seconds())
CSRF_USE_SESSIONS = True
CSRF_FAILURE_VIEW = "website.errors.csrf_failure"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

# Headers
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = int(timedelta(days=730).total_seconds()) if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        # Chromium holds what a form's button leads to against this too, and the Download button leads to the object store, if there is one.
        "form-action": [SELF, STORE_HOST] if DOWNLOADS_DELIVERY == "s3" else [SELF],
        "base-uri": [NONE],
        "object-src": [NONE],
        "frame-src": [SELF],
        "frame-ancestors": [NONE],
    }
}

# Partners: see docs/partners.md. A partner without secrets, here or in the staff area, is not open.
PARTNERS: dict[str, dict[str, Any]] = {
    "standard-webhooks": {
        "secrets": env.list("STANDARD_WEBHOOKS_SECRETS", default=[]),
        "name": env.str("STANDARD_WEBHOOKS_NAME", "Example Shop" if DEVELOPMENT else ""),
        "policy_url": env.str("STANDARD_WEBHOOKS_POLICY_URL", "https://shop.example/privacy" if DEVELOPMENT else ""),
    },
    "plimus": {
        "authentication": env.str("PLIMUS_AUTHENTICATION", ""),
        "secrets": env.list("PLIMUS_SECRETS", default=[]),
        "networks": env.list("PLIMUS_NETWORKS", default=[]),
        "tolerance": timedelta(seconds=env.int("PLIMUS_TOLERANCE_SECONDS", 86400)),
    },
    "bluesnap": {
        "secrets": env.list("BLUESNAP_SECRETS", default=[]),
        "tolerance": timedelta(seconds=env.int("BLUESNAP_TOLERANCE_SECONDS", 86400)),
    },
    "stripe": {
        "secrets": env.list("STRIPE_SECRETS", default=[]),
        "tolerance": timedelta(seconds=env.int("STRIPE_TOLERANCE_SECONDS", 300)),
        "api_key": env.str("STRIPE_API_KEY", ""),
        "api": "https://api.stripe.com",
    },
    "paddle": {
        "secrets": env.list("PADDLE_SECRETS", default=[]),
        "sandbox_secrets": env.list("PADDLE_SANDBOX_SECRETS", default=[]),
        "tolerance": timedelta(seconds=env.int("PADDLE_TOLERANCE_SECONDS", 5)),
        "api_key": env.str("PADDLE_API_KEY", ""),
        "api": "https://sandbox-api.paddle.com" if env.str("PADDLE_API_KEY", "").startswith("pdl_sdbx_") else "https://api.paddle.com",
    },
    "fastspring": {
        "secrets": env.list("FASTSPRING_SECRETS", default=[]),
        "product_code": env.str("FASTSPRING_PRODUCT_CODE", "product"),
    },
    "lemonsqueezy": {
        "secrets": env.list("LEMONSQUEEZY_SECRETS", default=[]),
        "product_code": env.str("LEMONSQUEEZY_PRODUCT_CODE", "variant_id"),
        "api_key": env.str("LEMONSQUEEZY_API_KEY", ""),
        "api": "https://api.lemonsqueezy.com",
    },
    "gumroad": {
        "secrets": env.list("GUMROAD_SECRETS", default=[]),
        "seller_id": env.str("GUMROAD_SELLER_ID", ""),
        "access_token": env.str("GUMROAD_ACCESS_TOKEN", ""),
        "without_read_back": env.bool("GUMROAD_WITHOUT_READ_BACK", False),
        "api": "https://api.gumroad.com",
    },
    "swreg": {"secrets": env.list("SWREG_SECRETS", default=[])},
    "shareit": {"secrets": env.list("SHAREIT_SECRETS", default=[])},
    "regsoft": {"secrets": env.list("REGSOFT_SECRETS", default=[])},
    "emetrix": {"secrets": env.list("EMETRIX_SECRETS", default=[])},
}

# Where purchases that begin here are handed over: the store at each partner that has several (docs/hand-over.md).
CHECKOUT_STORES = {
    "bluesnap": env.str("BLUESNAP_STORE", ""),
    "swreg": env.str("SWREG_STORE", ""),
    "regsoft": env.str("REGSOFT_CHECKOUT_URL", ""),
    "emetrix": env.str("EMETRIX_CHECKOUT_URL", ""),
    "paddle": env.str("PADDLE_HOSTED_CHECKOUT", ""),
    "fastspring": env.str("FASTSPRING_STORE", ""),
    "lemonsqueezy": env.str("LEMON_SQUEEZY_STORE", ""),
    "gumroad": env.str("GUMROAD_STORE", ""),
    "standard-webhooks": env.str("STANDARD_WEBHOOKS_CHECKOUT_URL", "https://shop.example/order" if DEVELOPMENT else ""),
}

# Languages and times
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("de", "Deutsch")]  # each in its own words
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
TIME_ZONE = env.str("TIME_ZONE", "UTC")
USE_TZ = True
FORMAT_MODULE_PATH = ["infacta.formats"]

# Logs, and who is told when something breaks (docs/monitoring.md)
LOG_FORMAT = env.str("LOG_FORMAT", "text")
if LOG_FORMAT not in FORMATTERS:
    problems.append(f"LOG_FORMAT is {LOG_FORMAT!r}; set it to text or json.")
ERROR_MAIL_TO = env.list("ERROR_MAIL_TO", default=[])
"""Who gets a mail when something breaks; it names no customer."""
for address in ERROR_MAIL_TO:
    try:
        validate_email(address)
    except ValidationError:
        problems.append(f"ERROR_MAIL_TO holds {address!r}: name e-mail addresses, separated by commas.")
ERROR_MAILS_DIR = DATA_DIR / "error-mails"
"""When which fault was mailed last, so that it is not mailed a thousand times."""
LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": FORMATTERS.get(LOG_FORMAT, FORMATTERS["text"])},
    "filters": {
        "hide_links": {"()": "infacta.web_log.HideLinks"},
        "in_context": {"()": "infacta.log_lines.InContext"},
        "away": {"()": "infacta.away.Quiet"},
        "faults": {"()": "infacta.faults.Faults"},
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain", "filters": ["hide_links", "away", "in_context"]}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", "INFO")},
    "loggers": {"health_check": {"level": "CRITICAL"}},  # a load balancer asks every few seconds; operations.health says once what is wrong
}
if ERROR_MAIL_TO:
    LOGGING["handlers"]["error_mail"] = {
        "class": "infacta.error_mail.ErrorMailHandler",
        "level": "ERROR",
        "filters": ["hide_links", "away", "faults", "in_context"],
    }
    LOGGING["root"]["handlers"].append("error_mail")
SENTRY_DSN = env.str("SENTRY_DSN", "")
"""Where errors are reported to, if anywhere."""
SENTRY_HOST = urlsplit(SENTRY_DSN).hostname or ""
SENTRY_POLICY_URL = env.str("SENTRY_POLICY_URL", "")
"""The privacy policy of whoever runs that service: the site's own policies link it."""
if SENTRY_DSN and not (re.fullmatch(r"https?://[^@\s]+@[^/\s]+/\d+", SENTRY_DSN) and SENTRY_HOST):
    problems.append("SENTRY_DSN is no address of a project: set it to what the service shows, such as https://key@errors.example.net/1.")
elif SENTRY_DSN and not SENTRY_POLICY_URL:
    problems.append(
        "SENTRY_POLICY_URL is not set: set it to the privacy policy of whoever runs that service; the site's own policies link it."
    )

# Who may read figures, and more of the site's health than strangers (docs/monitoring.md)
METRICS_NETWORKS = [network.strip() for network in env.list("METRICS_NETWORKS", default=[]) if network.strip()]
for network in METRICS_NETWORKS:
    try:
        ip_network(network)
    except ValueError as error:
        problems.append(f"METRICS_NETWORKS: {error}; name addresses or networks, such as 127.0.0.1 or 10.0.0.0/8.")
DISK_LEAST_MB = env.int("DISK_LEAST_MB", 500)
"""With less room than that in DATA_DIR, the site is not ready."""
if DISK_LEAST_MB < 1:
    problems.append(f"DISK_LEAST_MB is {DISK_LEAST_MB}: set it to a number of megabytes, 1 or more.")

for name in leftovers.NAMES:
    refuse_in_production(leftovers.is_leftover(env.str(name, "")), f"{name} is still the example's: set your own.")

if problems:
    raise ImproperlyConfigured("The site cannot start:\n" + "\n".join(f"  - {problem}" for problem in problems))

if SENTRY_DSN:
    from infacta.sentry import start

    start(SENTRY_DSN, SITE_HOST)
