"""What changed between two wordings, paragraph by paragraph and word by word."""

import time
from itertools import pairwise

from privacy.paragraphs import Paragraph, paragraphs_of
from privacy.versions.differences import ADDED, CHANGED, REMOVED, SAME, changes_between


def policy(*texts: str, heading: str = "Cookies") -> list[Paragraph]:
    return [Paragraph("cookies", "h2", heading), *(Paragraph("cookies", "p", text) for text in texts)]


def told(old: list[Paragraph], new: list[Paragraph]) -> list[tuple[str, str, list[tuple[str, str]]]]:
    return [(change.kind, change.heading, [(piece.kind, piece.text) for piece in change.pieces]) for change in changes_between(old, new)]


def test_the_same_words_changed_nothing():
    assert told(policy("One.", "Two."), policy("One.", "Two.")) == []
    assert told([], []) == []


def test_an_added_and_a_removed_paragraph_stand_whole():
    assert told(policy("One."), policy("One.", "Two.")) == [(ADDED, "Cookies", [(ADDED, "Two.")])]
    assert told(policy("One.", "Two."), policy("Two.")) == [(REMOVED, "Cookies", [(REMOVED, "One.")])]


def test_within_a_paragraph_the_words_are_told():
    old, new = policy("It is kept for 30 days and no longer."), policy("It is kept for 90 days and no longer.")
    pieces = [(SAME, "It is kept for"), (REMOVED, "30"), (ADDED, "90"), (SAME, "days and no longer.")]
    assert told(old, new) == [(CHANGED, "Cookies", pieces)]


def test_paragraphs_that_have_little_in_common_are_no_change_of_each_other():
    kinds = [kind for kind, _heading, _pieces in told(policy("Nothing goes to anybody else."), policy("We keep a random number."))]
    assert sorted(kinds) == [ADDED, REMOVED]


def test_a_heading_that_is_renamed_is_told_and_stands_under_no_old_one():
    (change,) = changes_between(policy("One.", heading="All the cookies of this site"), policy("One.", heading="All cookies of this site"))
    assert (change.kind, change.heading) == (CHANGED, "")


def test_a_record_is_told_with_its_section():
    before = [
        Paragraph("records", "h2", "What we keep"),
        Paragraph("record-tide", "h3", "Your tides"),
        Paragraph("record-tide", "fact", "Kept: a week"),
    ]
    after = [*before[:2], Paragraph("record-tide", "fact", "Kept: a fortnight")]
    (change,) = changes_between(before, after)
    assert change.heading == "What we keep · Your tides"


def test_old_and_new_can_be_put_together_again_from_what_is_told():
    wordings = [
        policy("One two three.", "Four five six.", "Seven."),
        policy("One three.", "Seven.", "Four five six and eight."),
        policy("Nine ten.", "One two three four."),
        policy(),
    ]
    for old, new in pairwise([*wordings, *reversed(wordings)]):
        changes = told(old, new)
        removed = [" ".join(text for kind, text in pieces if kind != ADDED) for kind, _heading, pieces in changes if kind != ADDED]
        added = [" ".join(text for kind, text in pieces if kind != REMOVED) for kind, _heading, pieces in changes if kind != REMOVED]
        gone = [part.text for part in old if part.text in removed]
        come = [part.text for part in new if part.text in added]
        assert [part.text for part in old if part.text not in gone] == [part.text for part in new if part.text not in come]


def test_a_policy_of_many_paragraphs_that_is_all_new_is_compared_in_no_time():

    old = policy(*(f"word{number} " * 40 for number in range(400)))
    new = policy(*(f"other{number} " * 40 for number in range(400)))
    began = time.perf_counter()
    assert len(changes_between(old, new)) == 800
    assert time.perf_counter() - began < 2


def test_paragraphs_are_read_from_the_page():
    html = """
      <section id="cookies"><h2>Cookies &amp; more</h2><p>One<br>two <a href="https://moon.example/">Moon</a>, <a href="/here/">here</a>.</p>
      <ul><li>first</li><li>second <em>one</em></li></ul>
      <article id="record-tide"><h3>Tides</h3><dl><div><dt>Kept</dt><dd>a week</dd></div><div><dt>For</dt><dd>&lt;fun&gt;</dd></div></dl></article>
      <table><tr><th>Name</th><td>shell</td></tr></table></section>
    """
    assert [(part.anchor, part.kind, part.text) for part in paragraphs_of(html)] == [
        ("cookies", "h2", "Cookies & more"),
        ("cookies", "p", "One two Moon (https://moon.example/), here."),
        ("cookies", "item", "first"),
        ("cookies", "item", "second one"),
        ("record-tide", "h3", "Tides"),
        ("record-tide", "fact", "Kept: a week"),
        ("record-tide", "fact", "For: <fun>"),
        ("record-tide", "row", "Name · shell"),
    ]
