"""What an entitlement includes: releases until its upgrades end, and backdated ones, in its edition; one rule for page, card and download."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.utils.timezone import now

from downloads.delivery.gate import Refusal, refusal_to_take
from downloads.models import DownloadSession, Edition, Entitlement, Release, ReleaseFile
from tests import cast
from tests.customer import log_in
from tests.downloads.taking import fetch, press

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def ended(alices) -> Entitlement:
    """Alice's upgrades ended ten days ago."""
    alices.upgrades_until = now() - 10 * DAY
    alices.save(update_fields=["upgrades_until"])
    return alices


def publish(file, at, **facts):
    Release.objects.filter(pk=file.release_id).update(published_at=at, **facts)


def test_what_came_in_time_stays_and_what_came_later_says_why(alice, ended, notebook):
    old, new = cast.make_file(notebook, "2.0"), cast.make_file(notebook, "3.0")
    publish(old, now() - 11 * DAY)
    publish(new, now() - 9 * DAY)
    client = log_in(alice)
    page = client.get(f"/resources/products/{ended.pk}/").content.decode()
    assert old.name in page
    assert new.name not in page
    assert "Not included: it came out after your upgrades ended" in page
    assert f'href="/resources/buy/notebook/{ended.pk}/"' in page, "the way to an upgrade"
    card = client.get("/resources/").content.decode()
    assert old.name in card
    assert new.name not in card
    assert press(client, ended, old).startswith("/resources/downloads/")
    answer = client.post(f"/resources/downloads/{ended.pk}/", {"file": new.pk})
    assert (answer.status_code, DownloadSession.objects.count()) == (403, 1)
    assert "after the upgrades of your purchase ended" in answer.content.decode()
    assert client.get(f"/resources/downloads/{ended.pk}/{new.pk}.sha256").status_code == 403


def test_a_backdated_release_is_included(alice, ended, notebook):
    fix = cast.make_file(notebook, "2.0.1")
    publish(fix, now() - DAY, backdated_to=ended.upgrades_until)
    client = log_in(alice)
    assert fix.name in client.get("/resources/").content.decode()
    assert fetch(client, press(client, ended, fix))[0].status_code == 200


def test_a_download_that_was_begun_ends_when_the_upgrades_are_taken_back(alice, alices, notebook_file):
    client = log_in(alice)
    path = press(client, alices, notebook_file)
    Entitlement.objects.update(upgrades_until=now() - 400 * DAY)
    assert fetch(client, path)[0].status_code == 403


@pytest.mark.parametrize("until", [None, now() - DAY, now(), now() + DAY])
@pytest.mark.parametrize("backdated", [None, now() - 2 * DAY])
def test_rows_and_database_follow_one_rule(notebook, until, backdated):
    for version, days in (("1.0", -3), ("2.0", -1), ("3.0", 1)):
        Release.objects.create(product=notebook, version=version, published_at=now() + days * DAY, backdated_to=backdated)
    Release.objects.create(product=notebook, version="4.0", published_at=None)
    by_database = set(Release.objects.included(until).filter(counts_from__isnull=False))
    assert by_database == {release for release in Release.objects.all() if release.is_included(until)}


@pytest.mark.parametrize(
    ("bought", "months", "until"),
    [((2026, 1, 31), 1, (2026, 2, 28)), ((2024, 2, 29), 12, (2025, 2, 28)), ((2026, 3, 1), 0, (2026, 3, 1)), ((2026, 3, 1), None, None)],
)
def test_the_period_is_counted_in_months_of_the_calendar(notebook, bought, months, until):
    notebook.upgrade_months = months
    found = notebook.upgrades_until(datetime(*bought, 12, tzinfo=UTC))
    assert found == (datetime(*until, 12, tzinfo=UTC) if until else None)


def test_the_period_is_that_of_the_day_of_the_purchase(notebook):
    notebook.upgrade_months = 12
    notebook.save()
    owned = cast.buy(cast.ALICE, notebook, order="A-1").entitlements[0]
    assert timedelta(364) < owned.upgrades_until - owned.granted_at < timedelta(367)
    notebook.upgrade_months = 1
    notebook.save()
    owned.refresh_from_db()
    assert owned.upgrades_until - owned.granted_at > timedelta(364), "earlier buyers keep what they bought"


# Editions


@pytest.fixture
def editions(notebook) -> tuple[Edition, Edition]:
    """A small and a large edition of the notebook, made after Alice bought."""
    small = Edition.objects.create(product=notebook, code="NOTEBOOK-S", name="Standard", position=1)
    return small, Edition.objects.create(product=notebook, code="NOTEBOOK-L", name="Professional", position=2)


def test_an_edition_has_its_own_files_and_those_of_all(notebook, editions):
    small, large = editions
    owned = cast.buy(cast.BOB, notebook, order="B-9", edition=large).entitlements[0]
    client = log_in(owned.user)
    files = [cast.make_file(notebook, "2.0", name=name, edition=edition) for name, edition in (("s", small), ("l", large), ("all", None))]
    for page in (client.get("/resources/"), client.get(f"/resources/products/{owned.pk}/")):
        names = [file.name for file in files if f'aria-label="Download {file.name}"' in page.content.decode()]
        assert names == ["l", "all"]
    answer = client.post(f"/resources/downloads/{owned.pk}/", {"file": files[0].pk})
    assert answer.status_code == 403
    assert "another edition" in answer.content.decode()


def test_a_purchase_without_an_edition_brings_the_first(notebook, editions):
    assert cast.buy(cast.BOB, notebook, order="B-9").entitlements[0].edition == editions[0]


def test_whoever_bought_before_there_were_editions_has_all_of_them(alices, notebook, editions):
    for edition in editions:
        assert refusal_to_take(alices, cast.make_file(notebook, "2.0", name=edition.code, edition=edition), now()) is None


def test_the_gate_names_what_it_refuses(alices, notebook_file):
    alices.upgrades_until = notebook_file.release.published_at - DAY
    assert refusal_to_take(alices, notebook_file, now()) is Refusal.NOT_INCLUDED


def test_a_newer_release_without_a_file_for_the_reader_hides_nothing(notebook, editions):
    """Neither one whose files are still to come, nor one that has files for another edition alone."""
    small, large = editions
    owned = cast.buy(cast.BOB, notebook, order="B-9", edition=small).entitlements[0]
    client, file = log_in(owned.user), cast.make_file(notebook, "2.0")
    Release.objects.create(product=notebook, version="3.0")
    assert file.name in Client().get("/products/notebook/").content.decode()
    cast.make_file(notebook, "4.0", name="large", edition=large)
    assert f'aria-label="Download {file.name}"' in client.get("/resources/").content.decode()
    page = client.get(f"/resources/products/{owned.pk}/").content.decode()
    assert page.count("There is no file of this release for you yet.") == 2


def test_rows_and_database_follow_one_rule_of_editions(alices, notebook, editions):
    files = [cast.make_file(notebook, "2.0", name=f"{edition}", edition=edition) for edition in (*editions, None)]
    for bought in (*editions, None):
        alices.edition = bought
        assert set(ReleaseFile.objects.for_edition(bought)) == {file for file in files if alices.has_edition_of(file)}
