"""Writing an announcement: one form, which overwrites nothing unseen, and edits drafts alone."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from announcements.audience import conditions_of
from announcements.models import Announcement
from downloads.models import Release
from tests.announcements.writing import ADD, LIST, form_on, make_announcement, page_of, save, told
from tests.staff import staff_log_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def adas(ada) -> Client:
    return staff_log_in(ada)


@pytest.fixture
def version(notebook) -> Release:
    return Release.objects.create(product=notebook, version="2.0", notes="Prints.")


def cost(client: Client, path: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        client.get(path)
    return len(queries)


def test_a_draft_with_all_that_it_may_have(adas, ada, notebook, version):
    answer = save(
        adas,
        ADD,
        subject="Notebook 2 is out",
        slug="notebook-2",
        preheader="It prints.",
        body="Now in **landscape**.",
        products=[notebook.pk],
        releases=[version.pk],
        audience_product=[str(notebook.pk)],
        audience_language=["en"],
    )
    made = Announcement.objects.get()
    assert answer["Location"] == page_of(made)
    assert (made.state, made.written_by, made.is_public) == ("draft", ada, True)
    assert list(made.products.all()) == [notebook]
    assert list(made.releases.all()) == [version]
    assert conditions_of(made) == {"product": [str(notebook.pk)], "language": ["en"]}
    page = adas.get(page_of(made)).content.decode()
    assert f'<option value="{notebook.pk}" selected>Notebook</option>' in page


def test_an_audience_can_be_taken_away_again(adas, notebook):
    announcement = make_announcement()
    announcement.conditions.create(audience="product", value=str(notebook.pk))
    announcement.conditions.create(audience="promotion", value="999")
    assert "(not offered any more: 999)" in adas.get(page_of(announcement)).content.decode()
    assert save(adas, page_of(announcement)).status_code == 302
    assert conditions_of(announcement) == {}


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"audience_product": ["x"]}, "x is not one of the available choices"),
        ({"audience_version": ["999"]}, "999 is not one of the available choices"),
        ({"products": ["x"]}, "“x” is not a valid value"),
        ({"body": "x" * 50_001}, "50000 are the most that we can take"),
        ({"subject": ""}, "This field is required"),
        ({"language": "tlh"}, "tlh is not one of the available choices"),
        ({"slug": "a b"}, "Enter a valid “slug”"),
    ],
)
def test_what_cannot_be_is_told_and_nothing_is_saved(adas, values, said):
    assert said in told(save(adas, ADD, **{"subject": "Another", "slug": "another"} | values))
    assert not Announcement.objects.exists()


def test_nobody_writes_over_what_they_have_not_seen(adas, ada):
    announcement = make_announcement()
    mine = form_on(adas, page_of(announcement)) | {"body": "my own words", "subject": "Mine"}
    assert save(adas, page_of(announcement), subject="Theirs").status_code == 302
    answer = adas.post(page_of(announcement), mine)
    assert "Somebody else changed this meanwhile" in told(answer)
    assert "my own words" in told(answer)
    announcement.refresh_from_db()
    assert (announcement.subject, announcement.version, announcement.written_by) == ("Theirs", 1, ada)
    again = mine | {"seen": "1"}
    assert f'value="{again["seen"]}"' in answer.content.decode(), "the form that came back may be saved on purpose"
    assert adas.post(page_of(announcement), again).status_code == 302
    announcement.refresh_from_db()
    assert (announcement.subject, announcement.body, announcement.version) == ("Mine", "my own words", 2)


def test_saving_without_a_change_makes_nobody_its_author(adas, mallory):
    announcement = make_announcement(written_by=mallory)
    assert save(adas, page_of(announcement)).status_code == 302
    announcement.refresh_from_db()
    assert (announcement.written_by, announcement.version) == (mallory, 0)
    assert save(adas, page_of(announcement), audience_language=["en"]).status_code == 302
    announcement.refresh_from_db()
    assert (announcement.written_by.email, announcement.version) == ("ada@vendor.example", 1), "an audience is a change too"


@pytest.mark.parametrize("state", ["scheduled", "preparing", "sending", "paused", "sent", "cancelled"])
def test_what_is_released_is_not_edited(adas, notebook, state):
    announcement = make_announcement()
    announcement.conditions.create(audience="product", value=str(notebook.pk))
    form = form_on(adas, page_of(announcement))
    Announcement.objects.update(state=state)
    answer = adas.post(page_of(announcement), form | {"subject": "Too late"}, follow=True)
    assert "It was released meanwhile" in told(answer)
    page = told(adas.get(page_of(announcement)))
    assert "owners of a product: Notebook" in page
    assert "Save and continue" not in page
    assert adas.post(page_of(announcement, "delete"), {"post": "yes"}).status_code == 403
    assert Announcement.objects.get().subject == "Notebook 2 is out"


def test_a_draft_is_deleted(adas):
    announcement = make_announcement()
    assert adas.post(page_of(announcement, "delete"), {"post": "yes"}).status_code == 302
    assert not Announcement.objects.exists()


def test_the_list_tells_states_and_figures_and_costs_the_same_however_long_it_is(adas):
    make_announcement(state="sending", total=1200, sent=345, began_at=timezone.now())
    page = told(adas.get(LIST))
    assert "Notebook 2 is out being sent new products and versions 1200 345" in page
    assert "Notebook 2 is out" not in told(adas.get(LIST, {"state__exact": "draft"}))
    before = cost(adas, LIST)
    for number in range(20):
        make_announcement(slug=f"n-{number}")
    assert cost(adas, LIST) == before


def test_the_form_costs_the_same_however_much_is_chosen(adas, notebook):
    few, many = make_announcement(slug="few"), make_announcement(slug="many")
    releases = [Release.objects.create(product=notebook, version=f"2.{number}") for number in range(9)]
    for release in releases:
        many.conditions.create(audience="version", value=str(release.pk))
    few.releases.set(releases[:1])
    few.products.add(notebook)
    many.releases.set(releases)
    many.products.add(notebook)
    assert cost(adas, page_of(many)) <= cost(adas, page_of(few))


def test_a_copy_is_a_draft_of_its_own(adas, ada, notebook, version):
    announcement = make_announcement(state="sent", total=9, sent=9, frozen_html="<p>", began_at=timezone.now())
    announcement.products.add(notebook)
    announcement.releases.add(version)
    announcement.conditions.create(audience="product", value=str(notebook.pk))
    assert "It goes to nobody before it is released" in told(adas.get(page_of(announcement, "copy")))
    for slug in ("notebook-2-2", "notebook-2-3"):
        answer = adas.post(page_of(announcement, "copy"))
        made = Announcement.objects.latest("pk")
        assert answer["Location"] == page_of(made)
        assert (made.slug, made.state, made.total, made.frozen_html, made.began_at, made.written_by) == (slug, "draft", 0, "", None, ada)
        assert conditions_of(made) == {"product": [str(notebook.pk)]}
        assert list(made.releases.all()) == [version]
        assert made.body == announcement.body


def test_support_writes_nothing(sams):
    announcement = make_announcement()
    for path in (LIST, ADD, page_of(announcement), page_of(announcement, "release"), page_of(announcement, "progress")):
        assert sams.get(path).status_code == 403
    for page in ("preview", "audience"):
        assert sams.post(f"{LIST}{page}/", {"subject": "x"}).status_code == 403
    for page in ("test", "release", "withdraw", "copy", "pause", "resume", "cancel", "send-again"):
        assert sams.post(page_of(announcement, page), {"reason": "x"}).status_code == 403
