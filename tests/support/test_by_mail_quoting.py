"""What the sender wrote is told from what their program quotes; nothing is ever lost."""

import time

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from mailroom.opening import opened_mail
from support.by_mail.quoting import parted
from tests.purchases.form_fuzz import EXAMPLES
from tests.support.letters import HTML, MARKED, OURS, TEXTS, WORDS


def lines_of(*texts: str) -> list[str]:
    return sorted(line.strip() for text in texts for line in text.split("\n") if line.strip())


@pytest.mark.parametrize("program", TEXTS)
def test_what_programs_quote_is_folded_away(program):
    text, quoted = parted(TEXTS[program])
    assert text.startswith(WORDS)
    assert "restart" not in text
    assert lines_of(text, quoted) == lines_of(TEXTS[program])
    assert ("Please restart it." in quoted) is (program != "plain")
    assert "Archer & Daughters" not in text


def test_html_alone_is_read_the_same_way():
    raw = b"From: v@example.net\nContent-Type: text/html; charset=utf-8\n\n" + HTML.encode()
    text, quoted = parted(opened_mail(raw).text)
    assert text == WORDS
    assert "Please restart it." in quoted


def test_answers_between_quoted_lines_stay_where_they_are():
    text = "On 3 Nov 2025, Example wrote:\n> Did you restart it?\n\nYes.\n\n> And the cable?\n\nThat too.\n"
    assert parted(text) == (text.strip(), "")


def test_a_mail_that_is_nothing_but_a_quote_is_kept_as_text():
    assert parted(MARKED) == (MARKED, "")
    assert parted(f"-----Original Message-----\n{OURS}").quoted == ""
    assert parted("") == ("", "")


@pytest.mark.parametrize(
    "text",
    [
        "On my computer the log wrote:\nError",
        "From: where do I get it?\nIt is not there.",
        "a\n--\n" + "a line of a table\n" * 20,
        "I said: 1 > 0\nand 2 > 1",
        "The manual says to wait 5 minutes:\nI did.",
        "--- settings ---\nA: 1",
    ],
)
def test_what_only_looks_like_it_is_text(text):
    assert parted(text) == (text.strip(), "")


def test_a_signature_is_folded_away():
    assert parted("Hello\n\n--\nVera\n+353 91 555 012") == ("Hello", "--\nVera\n+353 91 555 012")


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(
        st.sampled_from(
            ["", "> quoted", ">> twice", "Hello", "--", "From: a", "Sent: 1", "Subject: x", "On 1.1.2025 a wrote:", "a <a@b.example>",
             "wrote:", "-----Original Message-----", "schrieb am 3. Nov.:", "   ", "Von: x", "________"]
        ) | st.text(max_size=10),
        max_size=25,
    )
)  # fmt: skip
@example([">", "--"])
def test_nothing_is_lost_and_the_text_is_never_empty(lines):
    text = "\n".join(lines)
    own, quoted = parted(text)
    assert lines_of(own, quoted) == lines_of(text)
    assert bool(own) == bool(text.strip())


@pytest.mark.parametrize(
    "line", ["On 1 ", "On 1 wrote", "a@b wrote: ", "From: x\n", ">\n", "> a\nb\n", "--\n", "-- -- ", "On 1 wrote:\n", "@" * 50]
)
def test_no_text_takes_long(line):
    begun = time.process_time()
    parted(line * (200_000 // len(line)))
    assert time.process_time() - begun < 2
