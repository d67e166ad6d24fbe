"""Answers that are given often: placeholders are checked when one is saved, and filled in before it goes."""

import pytest

from mailroom.models import OutgoingMail
from support.desk.canned import MEANING, filled, unknown_in
from support.models import CannedAnswer, CaseDetails
from tests.pages import words_of
from tests.staff import staff_log_in
from tests.support.cases import make_case
from tests.support.desk import form_on, page_of, take

pytestmark = pytest.mark.django_db
ADD = "/staff/support/cannedanswer/add/"


def test_what_cannot_be_filled_in_is_told_when_it_is_saved(sam):
    client = staff_log_in(sam)
    page = client.post(ADD, {"title": "Restart", "text": "Dear {nmae}, {product} {x}"}).content.decode()
    assert "There is no {nmae}, {x}." in words_of(page)
    assert "{reference}" in words_of(page)
    assert not CannedAnswer.objects.exists()
    client.post(ADD, {"title": "Restart", "text": 'Dear {name}, write { "a": 1 } and {} into {product}.'})
    assert CannedAnswer.objects.get().title == "Restart"


@pytest.mark.parametrize("text", ["", "a\0b", "x" * 20_001])
def test_what_is_no_text_is_refused(sam, text):
    assert staff_log_in(sam).post(ADD, {"title": "Restart", "text": text}).status_code == 200
    assert not CannedAnswer.objects.exists()


def test_staff_see_what_becomes_of_it_for_an_example(sam):
    answer = CannedAnswer.objects.create(title="Restart", text="Dear {name}, <b>restart</b> {product}.\n{staff}")
    html = staff_log_in(sam).get(f"/staff/support/cannedanswer/{answer.pk}/change/").content.decode()
    assert "Dear Alice Archer, &lt;b&gt;restart&lt;/b&gt; Notebook." in html
    assert "the number of the case" in html


def test_a_value_is_never_taken_for_a_placeholder():
    assert filled("{name} {staff} {other}", {"name": "{staff}", "staff": "Sam"}) == "{staff} Sam {other}"
    assert unknown_in("{ a } {a b} {{name}} {}") == []
    assert unknown_in("{Name} {name_} {name}") == ["{Name}", "{name_}"]


def test_it_is_put_below_what_is_written_and_goes_only_when_it_was_seen(sam, notebook):
    text = "Dear {name}, about {product} {version}, case {reference}: {link} ({days} days). {staff}"
    canned = CannedAnswer.objects.create(title="All of it", text=text)
    details = CaseDetails(name="Vera <Visitor>", email="v@example.net", version="2.1")
    case = make_case(details=details, product=notebook)
    client = take(staff_log_in(sam), case)
    form = form_on(client, case)
    page = client.post(page_of(case, "answer"), {**form, "text": "I looked into it.", "canned": canned.pk, "insert": "1"})
    assert page.status_code == 200
    expected = f"Dear Vera <Visitor>, about Notebook 2.1, case {case.reference}: http"
    shown = page.context["answer"]["text"].value()
    assert shown.startswith(f"I looked into it.\n\n{expected}")
    assert shown.endswith(f"/support/cases/{case.access}/ (14 days). Sam")
    assert page.context["answer"]["form_number"].value() == form["form_number"]
    assert "Vera &lt;Visitor&gt;" in page.content.decode()
    assert case.messages.count() == 1
    client.post(page_of(case, "answer"), {**form, "text": shown, "answer": "1"})
    assert expected in OutgoingMail.objects.get(cause__contains=":answer:").text


def test_whoever_told_nothing_is_addressed_all_the_same(sam):
    canned = CannedAnswer.objects.create(title="All of it", text=" ".join(f"{{{name}}}" for name in MEANING))
    case = make_case(details=CaseDetails(email="v@example.net"))
    client = take(staff_log_in(sam), case)
    page = client.post(page_of(case, "answer"), {"canned": canned.pk, "insert": "1"})
    assert page.context["answer"]["text"].value().startswith(f"customer our product your version {case.reference} http")


@pytest.mark.parametrize("chosen", ["", "x", "0", "9" * 30, "\0"])
def test_without_a_choice_the_text_comes_back(sam, chosen):
    case = make_case()
    client = take(staff_log_in(sam), case)
    page = client.post(page_of(case, "answer"), {"text": "I looked into it.", "canned": chosen, "insert": "1"})
    assert page.status_code == 200
    assert "Choose a canned answer from the list first" in words_of(page.content.decode())
    assert "I looked into it.</textarea>" in page.content.decode()
