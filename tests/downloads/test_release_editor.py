"""The editor of releases: what it refuses, in which words, that nothing typed is lost, and that no edit takes anything from earlier buyers."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.timezone import localtime, now

from audit.models import AuditEvent
from downloads.forms.releases import ReleaseForm
from downloads.models import Edition, Product, Release, ReleaseFile
from tests import cast
from tests.customer import log_in
from tests.pages import Tags, words_of
from tests.staff import staff_log_in
from tests.threads import at_once

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
ADD = "/staff/downloads/release/add/"


@pytest.fixture
def staff(ada) -> Client:
    return staff_log_in(ada)


def path_of(row) -> str:
    return f"/staff/downloads/{row._meta.model_name}/{row.pk}/change/"


def form_of(client: Client, path: str, **typed) -> dict:
    """What the browser would send, with what somebody typed; moments as two fields."""
    form = Tags(client.get(path).content.decode()).fields()
    for name in ("published_at", "backdated_to"):
        if name in typed:
            at = typed.pop(name)
            form |= {f"{name}_0": f"{localtime(at):%Y-%m-%d}" if at else "", f"{name}_1": f"{localtime(at):%H:%M:%S}" if at else ""}
    return {name: value for name, value in form.items() if not name.startswith("_")} | typed


def save(client: Client, path: str, **typed):
    return client.post(path, form_of(client, path, **typed))


def told(answer) -> str:
    """What the page says, for a form that came back."""
    assert answer.status_code == 200, answer["Location"]
    return words_of(answer.content.decode())


# Making and scheduling one


def test_a_new_release_leads_to_its_page_and_says_that_it_has_no_files(staff, notebook):
    answer = save(staff, ADD, product=notebook.pk, version="2.1-beta.1", channel="beta", notes="- *faster*", published_at=now())
    release = Release.objects.get()
    assert answer["Location"] == path_of(release)
    page = staff.get(answer["Location"]).content.decode()
    assert "nothing to download. Upload its files below." in words_of(page)
    assert f'href="/staff/downloads/releasefile/add/?release={release.pk}"' in page
    assert (release.channel, release.notes) == ("beta", "- *faster*")


def test_a_draft_warns_of_nothing_and_is_said_to_be_one(staff, notebook):
    """A new release begins as one, so that its files can be there before anybody sees it."""
    assert "not saved yet" in words_of(staff.get(ADD).content.decode())
    answer = save(staff, ADD, product=notebook.pk, version="2.0")
    page = words_of(staff.get(answer["Location"]).content.decode())
    assert "draft: nobody sees it" in page
    assert "Upload its files below" not in page
    assert not AuditEvent.objects.filter(kind="release.published").exists()


def test_a_time_to_come_is_a_schedule_and_the_audit_log_has_it(staff, ada, notebook):
    at = now().replace(microsecond=0) + 3 * DAY
    answer = save(staff, ADD, product=notebook.pk, version="2.0", published_at=at)
    assert "scheduled for" in words_of(staff.get(answer["Location"]).content.decode())
    event = AuditEvent.objects.get(kind="release.published")
    assert event.actor == ada
    assert event.detail == {"product": "NOTEBOOK", "version": "2.0", "published": at.isoformat(), "backdated": None}
    assert Client().get("/products/notebook/changelog/").content.decode().count("Version 2.0") == 0


def test_the_list_is_narrowed_by_state(staff, notebook):
    at = {"1.0": now() - DAY, "2.0": None, "3.0": now() + DAY, "4.0": now() - DAY}
    for version, published_at in at.items():
        Release.objects.create(product=notebook, version=version, published_at=published_at)
    Release.objects.get(version="4.0").withdraw("broken")
    for state, version in (("out", "1.0"), ("draft", "2.0"), ("scheduled", "3.0"), ("withdrawn", "4.0")):
        page = staff.get(f"/staff/downloads/release/?state={state}").content.decode()
        assert [other for other in at if f">{other}</a>" in page] == [version]
    assert staff.get("/staff/downloads/release/?state=nonsense").status_code == 200


def test_every_row_says_its_state_as_the_database_does(notebook):
    for number, at in enumerate((None, now() - DAY, now() + DAY)):
        for gone in (False, True):
            release = Release.objects.create(product=notebook, version=f"{number}.{int(gone)}", published_at=at)
            if gone:
                release.withdraw("x")
    for release in Release.objects.all():
        assert release in Release.objects.in_state(release.state(now()), now())
    assert sum(Release.objects.in_state(state, now()).count() for state in ("draft", "scheduled", "out", "withdrawn")) == 6


# Versions


@pytest.mark.parametrize("typed", ["two", "1..0", "v" * 50, "1.0\u00b2", "1." + "9" * 40])
def test_what_is_no_version_is_refused_and_nothing_typed_is_lost(staff, notebook, typed):
    page = staff.post(ADD, form_of(staff, ADD, product=notebook.pk, version=typed, notes="A long **text**.")).content.decode()
    assert "is no version: write numbers with dots" in words_of(page)
    assert "A long **text**." in page
    assert not Release.objects.exists()


def test_the_same_version_in_another_spelling_is_refused(staff, notebook, mailer):
    Release.objects.create(product=notebook, version="2.0")
    assert "has this version already, written 2.0." in told(save(staff, ADD, product=notebook.pk, version="2.0.0"))
    assert save(staff, ADD, product=mailer.pk, version="2.0.0").status_code == 302, "another product's"
    other = Release.objects.create(product=notebook, version="3.0")
    assert "written 2.0." in told(save(staff, path_of(other), version="v2"))
    assert save(staff, path_of(other), version="3.0.0").status_code == 302, "its own version may be spelt otherwise"


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_one_version_in_four_spellings_at_once_is_one_release(ada, notebook):
    forms = [
        (client := staff_log_in(ada), form_of(client, ADD, product=notebook.pk, version=version)) for version in ("2", "2.0", "2.0.0", "v2")
    ]
    answers = at_once(lambda pair: pair[0].post(ADD, pair[1]).status_code, forms)
    assert sorted(answers) == [200, 200, 200, 302]
    assert Release.objects.count() == 1


# What is out stays


def test_the_time_of_what_is_out_moves_back_alone(staff, notebook, alices, alice):
    """A later time, or none, would take it from whose upgrades have ended meanwhile, and from everybody until then."""
    at = now().replace(microsecond=0) - 10 * DAY
    release = Release.objects.create(product=notebook, version="1.0", published_at=at)
    for wrong in (None, at + timedelta(minutes=1), now() + DAY):
        page = told(save(staff, path_of(release), published_at=wrong))
        assert "its time can be earlier, and not later or empty. You can withdraw it." in page
    assert Release.objects.get().published_at == at
    assert save(staff, path_of(release), published_at=at - DAY).status_code == 302
    assert Release.objects.get().published_at == at - DAY


def test_a_withdrawn_release_keeps_its_time_too_for_it_may_come_back(staff, notebook):
    release = Release.objects.create(product=notebook, version="1.0", published_at=now() - DAY)
    release.withdraw("x")
    assert "You can withdraw it" in told(save(staff, path_of(release), published_at=None))


def test_what_is_scheduled_may_be_put_off(staff, notebook):
    release = Release.objects.create(product=notebook, version="1.0", published_at=now() + DAY)
    assert save(staff, path_of(release), published_at=now() + 2 * DAY).status_code == 302
    assert save(staff, path_of(release), published_at=None).status_code == 302


def test_backdating_leads_to_the_past_of_the_publication(staff, notebook):
    at = now().replace(microsecond=0)
    answer = save(staff, ADD, product=notebook.pk, version="1.0", published_at=at, backdated_to=at + DAY)
    assert "Backdating leads to a time before the release is published" in told(answer)
    assert save(staff, ADD, product=notebook.pk, version="1.0", published_at=at, backdated_to=at - 30 * DAY).status_code == 302


def test_whoever_has_it_by_backdating_keeps_it(staff, notebook):
    at = now().replace(microsecond=0) - DAY
    release = Release.objects.create(product=notebook, version="1.0.1", published_at=at, backdated_to=at - 30 * DAY)
    for wrong in (None, at - 29 * DAY):
        assert "Customers may have it by the time that stands here" in told(save(staff, path_of(release), backdated_to=wrong))
    assert save(staff, path_of(release), backdated_to=at - 31 * DAY).status_code == 302


@pytest.mark.parametrize("name", ["published_at", "backdated_to"])
@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "2026-02-30", "x", "\x00"])
def test_a_day_that_is_none_is_an_error_of_the_form(staff, notebook, name, day):
    form = form_of(staff, ADD, product=notebook.pk, version="1.0") | {f"{name}_0": day, f"{name}_1": "00:00"}
    assert staff.post(ADD, form).status_code in (200, 400)
    assert not Release.objects.exists()


def test_a_release_with_files_stays_its_products(staff, notebook, mailer, notebook_file):
    release = notebook_file.release
    page = staff.get(path_of(release)).content.decode()
    assert 'name="product"' not in page
    save(staff, path_of(release), product=mailer.pk)
    assert Release.objects.get(pk=release.pk).product == notebook
    empty = Release.objects.create(product=notebook, version="9.0", published_at=None)
    assert save(staff, path_of(empty), product=mailer.pk).status_code == 302
    assert Release.objects.get(pk=empty.pk).product == mailer


# Two at once


def test_nobody_writes_over_what_a_colleague_saved_meanwhile(staff, notebook):
    release = Release.objects.create(product=notebook, version="1.0", notes="old")
    mine = form_of(staff, path_of(release), notes="mine")
    assert save(staff, path_of(release), notes="theirs", channel="beta").status_code == 302
    answer = staff.post(path_of(release), mine)
    assert "Somebody else changed this meanwhile: channel, what is new." in told(answer)
    assert "mine" in answer.content.decode(), "what was typed is not lost"
    release.refresh_from_db()
    assert release.notes == "theirs"
    again = mine | {"seen": Tags(answer.content.decode()).fields()["seen"]}
    assert staff.post(path_of(release), again).status_code == 302
    release.refresh_from_db()
    assert release.notes == "mine"


def test_an_edit_does_not_undo_a_withdrawal_of_the_same_moment(staff, notebook, monkeypatch):
    """A colleague withdraws it after the form's row was read, and before it is saved."""
    release = Release.objects.create(product=notebook, version="1.0", notes="old")
    form = form_of(staff, path_of(release), notes="new")

    def meanwhile(self) -> str:
        release.withdraw("It loses data.")
        return self.cleaned_data["version"]

    monkeypatch.setattr(ReleaseForm, "clean_version", meanwhile)
    assert staff.post(path_of(release), form).status_code == 302
    release.refresh_from_db()
    assert (release.notes, release.withdrawal_reason) == ("new", "It loses data.")
    assert release.withdrawn_at


# Preview


def preview(client: Client, **typed):
    return client.post("/staff/downloads/release/preview/", typed)


def test_the_preview_shows_the_page_as_customers_will_see_it_and_saves_nothing(staff, notebook):
    answer = preview(
        staff, product=notebook.pk, version="2.0", channel="beta", is_critical="on", notes="# New\n\n**Faster** <script>x</script>"
    )
    html = answer.content.decode()
    assert "<h3>New</h3>" in html
    assert "<strong>Faster</strong>" in html
    assert "<script>x" not in html
    assert "Notebook Version 2.0 Beta Critical update" in words_of(html)
    assert not Release.objects.exists()


def test_the_preview_takes_whatever_is_typed(staff):
    for typed in ({}, {"product": "x", "version": "\u202e" * 99, "channel": "?", "notes": "[" * 30_000}):
        assert preview(staff, **typed).status_code == 200
    assert staff.post("/staff/downloads/release/preview/?release=x", {}).status_code == 200


def test_the_preview_is_for_those_who_edit(sam):
    assert preview(staff_log_in(sam)).status_code == 403
    assert Client().post("/staff/downloads/release/preview/").status_code == 302


# Its files


def test_an_upload_begins_with_the_release_and_ends_at_it(staff, notebook_file):
    path = f"/staff/downloads/releasefile/add/?release={notebook_file.release_id}"
    assert f'<option value="{notebook_file.release_id}" selected>' in staff.get(path).content.decode()


def test_the_page_lists_the_files_with_all_that_is_known(staff, notebook, notebook_file):
    edition = Edition.objects.create(product=notebook, code="N-P", name="Professional")
    ReleaseFile.objects.update(platform="macos", architecture="arm64", minimum_system="13.0", edition=edition)
    page = words_of(staff.get(path_of(notebook_file.release)).content.decode())
    assert f"notebook-1.0.zip macOS 13.0 or later ARM, 64 bits Professional 9.8 KB {notebook_file.sha256[:12]}… not signed" in page


@pytest.fixture
def editions(notebook: Product) -> list[Edition]:
    return [Edition.objects.create(product=notebook, code=f"N-{name}", name=name) for name in ("Standard", "Professional")]


def test_a_file_that_is_out_is_opened_to_all_editions_and_never_narrowed(staff, editions, notebook_file):
    small, large = editions
    path = path_of(notebook_file)
    assert "some would lose it" in told(save(staff, path, edition=small.pk))
    ReleaseFile.objects.update(edition=small)
    assert "some would lose it" in told(save(staff, path, edition=large.pk))
    assert save(staff, path, edition="").status_code == 302
    assert ReleaseFile.objects.get().edition is None
    Release.objects.update(published_at=now() + DAY)
    assert save(staff, path, edition=large.pk).status_code == 302, "nobody has it yet"


def test_an_edition_is_one_of_the_releases_product(staff, mailer, notebook_file):
    other = Edition.objects.create(product=mailer, code="M-S", name="Standard")
    assert "This is an edition of another product." in told(save(staff, path_of(notebook_file), edition=other.pk))


def test_the_oldest_system_is_one_of_a_system(staff, notebook_file):
    answer = save(staff, path_of(notebook_file), platform="any", minimum_system="13.0")
    assert "The oldest version of which system?" in told(answer)
    assert "Numbers and dots" in told(save(staff, path_of(notebook_file), platform="macos", minimum_system="Ventura"))
    assert save(staff, path_of(notebook_file), platform="macos", minimum_system="13.0").status_code == 302
    assert ReleaseFile.objects.get().system == "macOS 13.0 or later"


def test_a_file_moves_to_no_other_release(staff, notebook, notebook_file):
    other = Release.objects.create(product=notebook, version="2.0")
    save(staff, path_of(notebook_file), release=other.pk)
    assert ReleaseFile.objects.get().release_id == notebook_file.release_id


# What earlier buyers have, whatever is edited


def test_a_new_file_of_an_included_release_is_there_by_itself(alice, alices, notebook, notebook_file):
    cast.make_file(notebook, "1.0", name="notebook-1.0-linux.zip")
    assert "notebook-1.0-linux.zip" in log_in(alice).get(f"/resources/products/{alices.pk}/").content.decode()


def test_another_upgrade_period_changes_nothing_for_who_bought(staff, alice, alices, notebook, notebook_file):
    before = alices.upgrades_until
    assert save(staff, path_of(notebook), upgrade_months="1").status_code == 302
    alices.refresh_from_db()
    assert alices.upgrades_until == before
    assert "notebook-1.0.zip" in log_in(alice).get(f"/resources/products/{alices.pk}/").content.decode()


def test_the_number_of_queries_does_not_grow_with_files_and_releases(staff, notebook, notebook_file):
    def queries(path: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert staff.get(path).status_code == 200
        return len(captured)

    paths = [path_of(notebook_file.release), path_of(notebook), "/staff/downloads/release/"]
    for path in paths:
        staff.get(path)  # Django remembers the kinds of rows from the first page on
    before = [queries(path) for path in paths]
    for number in range(12):
        cast.make_file(notebook, "1.0", name=f"one-{number}.zip")
        cast.make_file(notebook, f"2.{number}")
    assert [queries(path) for path in paths] == before
    assert max(before) < 20


def test_support_reads_and_changes_nothing(sam, notebook_file):
    client, path = staff_log_in(sam), path_of(notebook_file.release)
    page = client.get(path).content.decode()
    assert "Withdraw</a>" not in page
    assert "Upload a file" not in page
    assert client.post(path, {"version": "6.6"}).status_code == 403
    assert Release.objects.get().version == "1.0"
    assert timezone.now() > Release.objects.get().published_at


def test_the_form_of_a_file_finds_releases_as_one_types(ada, notebook_file):
    asked = {"term": "note", "app_label": "downloads", "model_name": "releasefile", "field_name": "release"}
    found = staff_log_in(ada).get("/staff/autocomplete/", asked).json()["results"]
    assert found == [{"id": str(notebook_file.release_id), "text": "Notebook 1.0"}]
