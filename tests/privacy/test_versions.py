"""Each wording of a policy is kept once, under a number of its own, and can be read and compared whenever somebody wants to."""

import re
import threading
import xml.etree.ElementTree as ElementTree
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import OperationalError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.formats import date_format

from privacy import wording
from privacy.areas import GENERAL, POLICIES, PROMOTIONS, RESOURCES
from privacy.models import PolicyVersion
from privacy.registry import Flow, Retention, registry
from privacy.tasks import publish_policies
from privacy.versions import publishing
from privacy.versions.publishing import publish
from privacy.wording import version_of, wording_of
from tests.pages import Tags, words_of
from tests.threads import at_once

pytestmark = pytest.mark.django_db
HOSTILE = "<script>alert(1)</script> & co."


def read(path: str) -> str:
    answer = Client().get(path)
    assert answer.status_code == 200, path
    return words_of(answer.content.decode().partition("<footer>")[0])


def recorded_by_visits(text: str) -> Flow:
    return Flow("tide", (GENERAL,), text, Retention("fortnight", "a fortnight", ended_by="the moon"))


@pytest.fixture(autouse=True)
def nothing_is_known() -> None:
    """These tests change what is declared, which no site does while it runs."""
    wording.kept.clear()


@pytest.fixture
def two_versions(monkeypatch) -> None:
    """Of the general policy: in the second one a visit records the tide."""
    publish_policies()
    monkeypatch.setattr(registry, "flows", [*registry.flows, recorded_by_visits(HOSTILE)])
    publish_policies()


def test_the_first_wordings_are_kept_and_the_same_ones_once():
    assert publish_policies() == 3
    assert publish_policies() == 0
    assert set(PolicyVersion.objects.values_list("area", "number")) == {("general", 1), ("resources", 1), ("promotions", 1)}
    for area in POLICIES:
        assert PolicyVersion.objects.get(area=area.slug).digest == version_of(area) == wording_of(area).digest


def test_a_change_is_the_next_number_of_that_policy_alone(two_versions):
    assert [row.number for row in PolicyVersion.objects.of_area(GENERAL)] == [2, 1]
    assert PolicyVersion.objects.of_area(RESOURCES).count() == PolicyVersion.objects.of_area(PROMOTIONS).count() == 1


def test_a_wording_that_comes_back_is_the_version_that_it_was(two_versions, monkeypatch):
    monkeypatch.setattr(registry, "flows", registry.flows[:-1])
    assert publish_policies() == 0
    page = read("/privacy/general/versions/")
    assert "Version 1 live" in page
    assert "Version 2 live" not in page
    assert "Version 1, of" in read("/privacy/")


def test_looking_at_pages_keeps_nothing():
    for path in ("/privacy/", "/privacy/general/versions/"):
        read(path)
    assert not PolicyVersion.objects.exists()
    assert "so new that it has no number yet" in read("/privacy/")
    assert "The first version will stand here within a minute." in read("/privacy/general/versions/")


def test_the_policy_names_its_version_and_leads_to_what_changed_last(two_versions):
    html = Client().get("/privacy/").content.decode()
    assert f"Version 2, of {date_format(timezone.localdate())}," in words_of(html)
    assert version_of(GENERAL) in html
    assert {"/privacy/general/changes/?from=1&to=2", "/privacy/general/versions/"} <= set(Tags(html).links())


def test_the_number_is_asked_once_a_minute_and_not_at_every_page(two_versions, django_assert_num_queries):
    Client().get("/privacy/")
    with django_assert_num_queries(0):
        assert b"Version 2" in Client().get("/privacy/").content


def test_the_number_is_one_for_all_languages(two_versions, settings):
    texts = PolicyVersion.objects.get(area="general", number=2).texts
    assert set(texts) == {code for code, _name in settings.LANGUAGES} == {"en", "de"}
    german = Client(headers={"Accept-Language": "de"}).get("/privacy/").content.decode()
    assert version_of(GENERAL) in german


def test_words_of_any_language_make_a_version(settings):
    """Whoever agreed in German agreed to the German words."""
    both = version_of(GENERAL)
    settings.LANGUAGES = [("en", "English")]
    assert version_of(GENERAL) != both


def test_each_version_reads_as_it_was(two_versions):
    first, second = read("/privacy/general/versions/1/"), read("/privacy/general/versions/2/")
    assert f"{HOSTILE}. Kept: a fortnight." in second
    assert HOSTILE not in first
    assert "This is the wording of now." in second
    assert "This is how the policy read then." in first
    assert "These pages tell what we offer." in first


def test_everything_that_the_policy_says_is_kept():
    """Word for word, but for tags: the paragraphs of the version are the words of the page."""
    publish_policies()
    for path, area in {"/privacy/": GENERAL, "/privacy/resources/": RESOURCES, "/privacy/promotions/": PROMOTIONS}.items():
        html = Client().get(path).content.decode()
        said = html.partition('<section class="stack" id="in-short">')[2].partition("</main>")[0]
        page = words_of(re.sub(r"<nav.*?</nav>", "", said, flags=re.DOTALL))
        kept = " ".join(text for _anchor, _kind, text in PolicyVersion.objects.get(area=area.slug).texts["en"])
        assert letters(page) == letters(without_addresses(kept))


def letters(text: str) -> list[str]:
    """The words alone: what stands between terms and cells is the version's own."""
    return [word for word in ("".join(filter(str.isalnum, part)) for part in text.split()) if word]


def without_addresses(text: str) -> str:
    return " ".join(part for part in text.split() if not part.startswith("(http"))


def test_what_changed_is_told_by_signs_and_words_and_harmless(two_versions):
    html = Client().get("/privacy/general/changes/?from=1&to=2").content.decode()
    assert f"Recorded by visiting Added: [+{HOSTILE}. Kept: a fortnight.+]" in words_of(html)
    assert "<script>alert" not in html
    assert html.count("<ins>") == 1
    assert "<del>" not in html.partition("<main")[2]
    back = Client().get("/privacy/general/changes/?from=2&to=1").content.decode()
    assert f"Removed: [–{HOSTILE}. Kept: a fortnight.–]" in words_of(back)
    assert "Nothing, in this language." in read("/privacy/general/changes/?from=1&to=1")


def test_a_consent_leads_to_its_version(two_versions):
    old = PolicyVersion.objects.get(area="general", number=1)
    answer = Client().get(f"/privacy/versions/{old.digest}/")
    assert (answer.status_code, answer["Location"]) == (302, "/privacy/general/versions/1/")


@pytest.mark.parametrize(
    "path",
    [
        "/privacy/none/versions/",
        "/privacy/staff/versions/",
        "/privacy/general/versions/3/",
        "/privacy/general/versions/0/",
        "/privacy/general/versions/999999/",
        "/privacy/general/versions/99999999999999999999/",
        "/privacy/promotions/versions/2/",
        "/privacy/versions/000000000000/",
        "/privacy/versions/%00/",
        "/privacy/general/changes/",
        "/privacy/general/changes/?from=1",
        "/privacy/general/changes/?from=1&to=99999999999999999999",
        "/privacy/general/changes/?from=-1&to=%00",
        "/privacy/general/changes/?from=1&to=%F0%9F%90%9F",
        "/privacy/general/changes/?from=01&to=2",
        "/privacy/none/changes/?from=1&to=2",
    ],
)
def test_what_there_is_not_does_not_exist(two_versions, path):
    assert Client().get(path).status_code in (400, 404)


@pytest.mark.parametrize("path", ["general/versions/", "general/versions/1/", "general/changes/?from=1&to=2", "changes.atom"])
def test_the_pages_are_read_only_and_set_no_cookie(two_versions, path):
    answer = Client().get(f"/privacy/{path}")
    assert (answer.status_code, dict(answer.cookies)) == (200, {})
    assert Client().post(f"/privacy/{path}").status_code == 405


@pytest.mark.parametrize("path", ["/privacy/general/versions/", "/privacy/general/versions/1/", "/privacy/general/changes/?from=1&to=2"])
def test_more_versions_cost_no_more_queries(two_versions, path, monkeypatch):
    Client().get(path)
    before = queries_of(path)
    for number in range(5):
        monkeypatch.setattr(
            registry, "flows", [*registry.flows, Flow(f"more-{number}", (GENERAL,), f"more {number}", registry.flows[0].retention)]
        )
        publish_policies()
    Client().get(path)
    assert queries_of(path) == before
    assert before <= 4


def queries_of(path: str) -> int:
    with CaptureQueriesContext(connection) as asked:
        assert Client().get(path).status_code == 200
    return len(asked)


def test_the_feed_tells_each_version_and_stays_the_same_meanwhile(two_versions):
    answer = Client().get("/privacy/changes.atom")
    assert (answer["Content-Type"], answer["Cache-Control"]) == ("application/atom+xml; charset=utf-8", "public, max-age=60")
    root = ElementTree.fromstring(answer.content)
    atom = "{http://www.w3.org/2005/Atom}"
    titles = [entry.findtext(f"{atom}title") for entry in root.iter(f"{atom}entry")]
    assert titles[0] == "General site: version 2"
    assert len(titles) == 4
    assert Client().get("/privacy/changes.atom", headers={"If-None-Match": answer["ETag"]}).status_code == 304
    german = Client(headers={"Accept-Language": "de"}).get("/privacy/changes.atom")
    assert german.content == answer.content


def test_the_command_keeps_the_wordings_and_says_which_is_live():
    told = StringIO()
    call_command("publish_policies", stdout=told)
    assert [line.split()[:3] + line.split()[4:] for line in told.getvalue().splitlines()] == [
        [area.slug, "version", "1", "new"] for area in POLICIES
    ]
    again = StringIO()
    call_command("publish_policies", stdout=again)
    assert again.getvalue().count("since") == 3


def test_a_policy_is_read_and_has_its_digest_while_the_database_is_away(monkeypatch):
    def gone(*arguments: object) -> None:
        raise OperationalError("the server closed the connection")

    monkeypatch.setattr(connection, "cursor", gone)
    assert "so new that it has no number yet" in read("/privacy/")
    monkeypatch.undo()
    publish_policies()
    publishing.kept.clear()
    assert "Version 1, of" in read("/privacy/")


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_eight_who_publish_at_once_keep_each_wording_once(monkeypatch):
    assert sorted(at_once(lambda _number: publish_policies(), range(8)))[-1] <= 3
    assert sorted(PolicyVersion.objects.values_list("area", "number")) == [("general", 1), ("promotions", 1), ("resources", 1)]


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_different_wordings_at_once_get_numbers_of_their_own():
    """As when two releases serve side by side for a moment."""
    digests = [f"{number:012x}" for number in range(12)]
    kept = at_once(lambda digest: PolicyVersion.objects.publish(GENERAL, digest, {"en": []}), [*digests, *digests])
    assert kept.count(True) == 12
    assert sorted(PolicyVersion.objects.values_list("number", flat=True)) == list(range(1, 13))
    assert set(PolicyVersion.objects.values_list("digest", flat=True)) == set(digests)


def test_threads_of_one_process_agree_on_the_digest():
    found: list[str] = []
    threads = [threading.Thread(target=lambda: found.append(version_of(PROMOTIONS))) for _number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [version_of(PROMOTIONS)] * 4


def test_publishing_is_one_transaction_with_the_questions_that_the_wording_asks():
    assert publish(PROMOTIONS) is not None
    assert publish(PROMOTIONS) is None
