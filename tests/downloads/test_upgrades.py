"""The end of the upgrades: moved by staff with a reason that the customer reads, and said on every page in words."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone
from django.utils.timezone import now

from audit.models import AuditEvent
from downloads import cards
from downloads.models import Edition, Entitlement, Release
from tests import cast
from tests.customer import log_in
from tests.pages import fields_on, words_of
from tests.staff import open_record, staff_log_in

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def path_of(owned: Entitlement) -> str:
    return f"/staff/downloads/entitlement/{owned.pk}/change/"


@pytest.fixture
def ended(alices) -> Entitlement:
    """Alice's upgrades ended ten days ago, before the release came out."""
    Entitlement.objects.update(upgrades_until=now() - 10 * DAY)
    alices.refresh_from_db()
    return alices


def test_support_moves_the_end_with_a_reason_and_the_customer_reads_it(sam, ended, notebook_file):
    client, customer = log_in(ended.user), open_record(staff_log_in(sam), ended.user)
    assert "Not included" in client.get(f"/resources/products/{ended.pk}/").content.decode()
    day = timezone.localdate() + 30 * DAY
    assert customer.post(path_of(ended), {"new_end": day.isoformat(), "reason": "a gift for a good report"}).status_code == 302
    ended.refresh_from_db()
    assert timezone.localtime(ended.upgrades_until) == timezone.make_aware(datetime(day.year, day.month, day.day, 23, 59, 59))
    assert "notebook-1.0.zip" in client.get("/resources/").content.decode(), "the kept card is of the state before"
    page = words_of(client.get("/resources/activity/staff/").content.decode())
    assert "End of the upgrades changed by staff Support a gift for a good report" in page
    event = AuditEvent.objects.get(kind="upgrades.changed")
    assert (event.user, event.actor, event.detail["until"]) == (ended.user, sam, ended.upgrades_until.isoformat())


def test_upgrades_without_end(ada, ended):
    client = staff_log_in(ada)
    client.post(path_of(ended), {"no_end": "on", "reason": "lifetime licence"})
    ended.refresh_from_db()
    assert ended.upgrades_until is None
    assert AuditEvent.objects.get(kind="upgrades.changed").detail["until"] is None


def test_without_a_reason_or_with_both_nothing_happens(ada, ended):
    client, before = staff_log_in(ada), ended.upgrades_until
    answers = [
        client.post(path_of(ended), {"new_end": "2030-01-01", "reason": ""}),
        client.post(path_of(ended), {"new_end": "2030-01-01", "no_end": "on", "reason": "x"}),
        client.post(path_of(ended), {"new_end": "0001-01-01", "reason": "x"}),
        client.post(path_of(ended), {"new_end": "9999-12-31", "reason": "x"}),
        client.post(path_of(ended), {"new_end": "soon", "reason": "x"}),
    ]
    assert [answer.status_code for answer in answers] == [200] * 5
    assert "Choose one of the two" in answers[1].content.decode()
    assert "Is this year right?" in answers[2].content.decode()
    ended.refresh_from_db()
    assert ended.upgrades_until == before


def test_a_form_that_is_sent_twice_is_recorded_once(ada, ended):
    client = staff_log_in(ada)
    form = fields_on(client, path_of(ended)) | {"new_end": "2030-01-01", "reason": "a gift"}
    assert client.post(path_of(ended), form).status_code == 302
    assert "changed meanwhile" in client.post(path_of(ended), form).content.decode()
    assert AuditEvent.objects.filter(kind="upgrades.changed").count() == 1


def test_adding_downloads_leaves_the_end_as_it_is(ada, ended):
    client, before = staff_log_in(ada), ended.upgrades_until
    assert client.post(path_of(ended), fields_on(client, path_of(ended)) | {"more": "2", "reason": "x"}).status_code == 302
    ended.refresh_from_db()
    assert (ended.upgrades_until, ended.downloads_allowed) == (before, 7)


@pytest.mark.parametrize(
    ("until", "said"),
    [
        (None, "New releases are included, without end."),
        (400 * DAY, "New releases are included until"),
        (-DAY, "Your upgrades ended on"),
    ],
)
def test_the_products_page_says_until_when(alice, alices, notebook_file, until, said):
    Entitlement.objects.update(upgrades_until=until and now() + until)
    assert said in words_of(log_in(alice).get(f"/resources/products/{alices.pk}/").content.decode())


def test_the_list_says_when_the_upgrades_are_over(alice, alices, notebook_file):
    sentence = "The time of your upgrades is over"
    assert sentence not in log_in(alice).get("/resources/").content.decode()
    Entitlement.objects.update(upgrades_until=now() - DAY)
    cards.kept.clear()
    assert sentence in log_in(alice).get("/resources/").content.decode()


def test_the_pages_name_edition_channel_and_what_a_file_runs_on(notebook):
    edition = Edition.objects.create(product=notebook, code="N-P", name="Professional")
    file = cast.make_file(notebook, "2.0-beta.1", edition=edition)
    type(file).objects.update(platform="macos", architecture="arm64", minimum_system="13.0")
    Release.objects.update(channel="beta", is_critical=True, notes="- **faster**")
    owned = cast.buy(cast.ALICE, notebook, order="A-7", edition=edition).entitlements[0]
    html = log_in(owned.user).get(f"/resources/products/{owned.pk}/").content.decode()
    page = words_of(html)
    assert "Notebook Professional" in page
    assert "Version 2.0-beta.1 Beta Critical update" in page
    assert "macOS 13.0 or later ARM, 64 bits Professional edition" in page
    assert "<strong>faster</strong>" in html
    assert f'data-copy="{file.sha256}"' in html
