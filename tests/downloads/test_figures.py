"""How often a release was downloaded, for staff."""

from datetime import timedelta

import pytest
from django.utils.timezone import now

from downloads.models import DownloadSession, Release, ReleaseFile
from downloads.releases.figures import DAYS, figures_of, with_figures
from tests import cast
from tests.pages import words_of
from tests.staff import staff_log_in

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def take(owned, file, days_ago=0, **facts) -> None:
    at = now() - days_ago * DAY
    DownloadSession.objects.create(entitlement=owned, file=file, opened_at=at, valid_until=at, closed_at=at, **facts)


@pytest.fixture
def files(notebook, notebook_file) -> list[ReleaseFile]:
    """A file for Windows and one for macOS, of one release."""
    other = cast.make_file(notebook, "1.0", name="notebook-1.0.dmg")
    for file, platform in ((notebook_file, "windows"), (other, "macos")):
        ReleaseFile.objects.filter(pk=file.pk).update(platform=platform)
    return [notebook_file, other]


def test_days_systems_and_ends_are_counted_in_one_query(alices, notebook, files, django_assert_num_queries):
    take(alices, files[0], completed_at=now())
    take(alices, files[0], days_ago=2)
    take(alices, files[1], days_ago=2, returned_at=now())
    take(alices, files[1], days_ago=DAYS + 1)
    take(alices, cast.make_file(notebook, "2.0"))
    with django_assert_num_queries(1):
        figures = figures_of(files[0].release)
    assert {name: sum(days) for name, days in figures.by_system.items()} == {"Windows": 2, "macOS": 1}
    assert [days[-1] for days in figures.by_system.values()] == [1, 0]
    assert [(one.system, one.complete, one.returned, one.others) for one in figures.outcomes] == [("Windows", 1, 0, 1), ("macOS", 0, 1, 0)]
    assert [number for _day, number in figures.busy_days] == [1, 2]
    assert figures.taken == 3


def test_the_page_of_the_release_has_pictures_and_numbers(ada, alices, files):
    client, path = staff_log_in(ada), f"/staff/downloads/release/{files[0].release_id}/change/"
    assert "Nobody has taken a file of this release in the last 30 days." in words_of(client.get(path).content.decode())
    take(alices, files[0], completed_at=now())
    html = client.get(path).content.decode()
    assert html.count('<div class="chart columns">') == 2
    assert 'aria-label="Downloads of the last 30 days, by system"' in html
    assert "1 download was taken." in words_of(html)
    assert "Windows 1 1 0 0" in words_of(html)


def test_the_page_of_the_product_has_an_overview_of_its_releases(ada, alices, notebook, files):
    take(alices, files[0])
    take(alices, files[1])
    Release.objects.create(product=notebook, version="2.0", published_at=None)
    page = words_of(staff_log_in(ada).get(f"/staff/downloads/product/{notebook.pk}/change/").content.decode())
    assert "2.0 stable draft: nobody sees it 0 0" in page
    assert [(one.version, one.file_count, one.taken) for one in with_figures(Release.objects.latest_first())] == [
        ("2.0", 0, 0),
        ("1.0", 2, 2),
    ]
