"""What every test may use: the cast and their products, on a disk of the test's own."""

import signal
from copy import deepcopy
from pathlib import Path

import pytest
from django.core.cache import cache
from django.core.files.storage import storages
from django.test import Client
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts.models import User
from accounts.roles import ADMINISTRATION, SUPPORT
from downloads import cards
from downloads.feeds import keeping
from downloads.models import Entitlement, Product, ReleaseFile
from operations.health import looking
from operations.metrics import exposing
from privacy import heartbeat, refusals
from privacy.areas import AREAS
from privacy.p3p.compact import header_of
from privacy.templatetags import retention as retention_banner
from privacy.versions import publishing
from promotions import figures
from purchases.models import partner_secret
from purchases.partners import policies
from support.templatetags import support_destruction
from tests import cast
from tests.customer import log_in
from tests.json_guard import declared_keys_alone  # noqa: F401  (every test is guarded by it)
from tests.pages import addresses
from tests.staff import enrolled, open_record, staff_log_in


def pytest_configure() -> None:
    """What a script starts in the background ignores Ctrl-C, and so would every program that a test starts and interrupts."""
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def own_disk(tmp_path: Path, settings, monkeypatch) -> Path:
    """Files, uploads, mails and the signing key of a test lie in a folder of its own."""
    settings.RELEASE_FILES_DIR = tmp_path / "releases"
    settings.MAIL_DIR = tmp_path / "mail"
    settings.FILE_UPLOAD_TEMP_DIR = tmp_path / "uploads"
    settings.FILE_UPLOAD_TEMP_DIR.mkdir()
    settings.SIGNING_KEY, settings.SIGNING_KEY_FILE = "", tmp_path / "signing-key.pem"
    settings.CASE_FILES_DIR, settings.CASE_KEYS_DIR = tmp_path / "case-files", tmp_path / "case-keys"
    settings.REPORT_FILES_DIR, settings.REPORT_KEYS_DIR = tmp_path / "report-files", tmp_path / "report-keys"
    settings.DESTRUCTIONS_LOG = tmp_path / "destructions.log"
    settings.ERASURES_LOG = tmp_path / "erasures.log"
    settings.ERROR_MAILS_DIR = tmp_path / "error-mails"
    settings.UPDATE_KEY, settings.UPDATE_KEY_FILE = "", tmp_path / "update-key.pem"
    settings.LICENCE_KEY, settings.LICENCE_KEY_FILE = "", tmp_path / "licence-key.pem"
    options = {"location": settings.RELEASE_FILES_DIR}
    settings.STORAGES = settings.STORAGES | {"releases": settings.STORAGES["releases"] | {"OPTIONS": options}}
    monkeypatch.setattr(ReleaseFile._meta.get_field("file"), "storage", storages["releases"])
    return tmp_path


@pytest.fixture(autouse=True)
def own_partners(settings) -> None:
    """What a test sets of a partner is that test's own."""
    settings.PARTNERS = deepcopy(settings.PARTNERS)


@pytest.fixture(autouse=True)
def empty_cache() -> None:
    """A test sees nothing that an earlier one left in the cache; the staff area's banners were just asked for, so that they change no count of queries."""
    cache.clear()
    for area in AREAS:
        header_of(area)  # put together once in each process, and so before a test changes what is declared
    cache.set(support_destruction.KEY, set())
    cache.set(retention_banner.KEY, 0)
    cards.kept.clear()
    keeping.kept.clear()
    figures.kept.clear()
    partner_secret.kept.clear()
    policies.kept.clear()
    publishing.kept.clear()
    heartbeat.noted.clear()
    refusals.counted.clear()
    refusals.written.clear()
    looking.kept.clear()
    looking.said.clear()
    exposing.kept.clear()


@pytest.fixture
def notebook(db) -> Product:
    return cast.make_product("NOTEBOOK", "Notebook", "NTE")


@pytest.fixture
def notebook_file(notebook: Product) -> ReleaseFile:
    return cast.make_file(notebook)


@pytest.fixture
def mailer(db) -> Product:
    return cast.make_product("MAILER", "Mailer", "MAR")


@pytest.fixture
def alices(notebook: Product) -> Entitlement:
    """What Alice bought: one Notebook."""
    return cast.buy(cast.ALICE, notebook, order="A-1").entitlements[0]


@pytest.fixture
def alice(alices: Entitlement) -> User:
    return alices.user


@pytest.fixture
def bobs(mailer: Product) -> Entitlement:
    return cast.buy(cast.BOB, mailer, order="B-1").entitlements[0]


@pytest.fixture
def bob(bobs: Entitlement) -> User:
    return bobs.user


@pytest.fixture
def mallory(db) -> User:
    """Has an account, and bought nothing."""
    return User.objects.create_user("mallory@example.net", cast.PASSWORD, name="Mallory")


@pytest.fixture
def sam(db) -> User:
    return cast.make_staff("sam@vendor.example", SUPPORT)


@pytest.fixture
def ada(db) -> User:
    return cast.make_staff("ada@vendor.example", ADMINISTRATION)


@pytest.fixture
def sams(sam, alice, bob) -> Client:
    """Sam's browser, in which Alice's record is open and Bob's is not."""
    return open_record(staff_log_in(sam), alice)


@pytest.fixture
def app(alice: User) -> TOTPDevice:
    """Alice's authenticator app."""
    return enrolled(alice)


@pytest.fixture
def germans(settings) -> None:
    """The site speaks German too: what Django itself says in German shows which language is at work."""
    settings.LANGUAGES = [("en", "English"), ("de", "Deutsch")]


@pytest.fixture
def browser_client() -> Client:
    """A client that checks CSRF tokens, as browsers meet the site."""
    return Client(enforce_csrf_checks=True)


@pytest.fixture
def every_address(alice: User, alices: Entitlement, notebook_file: ReleaseFile) -> list[str]:
    """Every address of the site outside the staff area; where they name things, these are Alice's."""
    location = log_in(alice).post(f"/resources/downloads/{alices.pk}/", {"file": notebook_file.pk})["Location"]
    key = location.split("/")[-2]
    values = {
        "slug": "notebook",
        "pk": alices.pk,
        "file": notebook_file.pk,
        "key": key,
        "uid": "MQ",
        "token": "x-y",
        "secret": "no-such-secret",
        "name": "0" * 24,
        "code": alices.unlock_codes.get().pk,
        "prefix": "00",
        "access": "no-such-case",
        "number": "0" * 24,
        "reference": "no-such-case",
        "area": "general",
        "digest": "0" * 12,
    }
    return [*addresses(**values, key_id="0" * 16), "/no-such-page/", "/resources/none/"]
