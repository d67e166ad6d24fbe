"""The SMTP transport, against a server that fails at every phase."""

import time
from collections.abc import Iterator

import pytest

from bench.own_servers import free_port
from mailroom.smtp import Fate, Letter, LogInRefused, Outcome, RelayAway, SmtpLine
from tests.announcements.smtp_server import DROP, STALL, SmtpServer, smtp_server

PIPELINED, STEPWISE = ("PIPELINING", "8BITMIME", "SMTPUTF8"), ("8BITMIME", "SMTPUTF8")


@pytest.fixture(params=[PIPELINED, STEPWISE], ids=["pipelined", "step by step"])
def server(request, settings) -> Iterator[SmtpServer]:
    with smtp_server(settings) as server:
        server.extensions = request.param
        yield server


def letter(number: int, body: bytes = b"Hello\r\n") -> Letter:
    return Letter("bounce@vendor.example", f"r{number}@example.com", b"Subject: %d\r\n\r\n" % number + body)


def send(*letters: Letter) -> list[Outcome]:
    with SmtpLine() as line:
        return line.send(letters, time.monotonic() + 60)


def fates(count: int = 4) -> list[str]:
    return [outcome.fate.value for outcome in send(*(letter(number) for number in range(1, count + 1)))]


def test_many_mails_go_over_one_connection(server):
    with SmtpLine() as line:
        for start in (1, 21, 41):
            outcomes = line.send([letter(number) for number in range(start, start + 20)], time.monotonic() + 60)
            assert {outcome.fate for outcome in outcomes} == {Fate.TAKEN}
    assert server.connections == 1
    assert [received.recipient for received in server.received] == [f"r{number}@example.com" for number in range(1, 61)]
    assert outcomes[0].answer == "250 2.0.0 Taken"


def test_a_connection_is_left_after_many_mails(server, monkeypatch):
    monkeypatch.setattr(SmtpLine, "MOST_MAILS", 5)
    with SmtpLine() as line:
        for _group in range(4):
            line.send([letter(number) for number in range(5)], time.monotonic() + 60)
    assert server.connections == 4


def test_a_connection_that_was_idle_is_made_anew(server, monkeypatch):
    monkeypatch.setattr(SmtpLine, "MOST_IDLE", 0.05)
    with SmtpLine() as line:
        line.send([letter(1)], time.monotonic() + 60)
        time.sleep(0.1)
        assert line.send([letter(2)], time.monotonic() + 60)[0].fate == Fate.TAKEN
    assert server.connections == 2


@pytest.mark.parametrize("phase", ["mail", "rcpt", "data", "dot"])
@pytest.mark.parametrize(("reply", "fate"), [("450 4.2.0 Later", "later"), ("550 5.7.1 Never", "refused")])
def test_a_refusal_at_any_phase_concerns_one_mail(server, phase, reply, fate):
    server.tempers[phase, 2] = reply
    assert fates() == ["taken", fate, "taken", "taken"]
    assert server.connections == 1
    assert [received.recipient for received in server.received] == ["r1@example.com", "r3@example.com", "r4@example.com"]


def test_the_last_of_a_group_leaves_the_connection_usable(server):
    server.tempers["rcpt", "r4@example.com"] = "550 No such mailbox"
    with SmtpLine() as line:
        assert line.send([letter(4)], time.monotonic() + 60) == [Outcome(Fate.REFUSED, "550 No such mailbox")]
        assert line.send([letter(5)], time.monotonic() + 60)[0].fate == Fate.TAKEN
    assert server.connections == 1


def test_a_server_that_wants_text_without_a_recipient_gets_an_empty_mail(server):
    server.extensions = PIPELINED
    server.tempers |= {("rcpt", 2): "550 Nobody", ("data", 2): "354 Go on", ("dot", 2): "554 No recipients"}
    assert fates() == ["taken", "refused", "taken", "taken"]
    assert len(server.received) == 3


@pytest.mark.parametrize("phase", ["mail", "rcpt", "data"])
@pytest.mark.parametrize("temper", [DROP, STALL, "421 4.3.2 Closing"])
def test_what_ends_before_the_final_dot_is_safe_to_try_again(server, phase, temper):
    server.tempers[phase, 2] = temper
    assert fates() == ["taken", "later", "not tried", "not tried"]
    assert len(server.received) == 1


@pytest.mark.parametrize("temper", [DROP, STALL])
def test_what_ends_after_the_final_dot_is_unknown(server, temper):
    server.tempers["dot", 2] = temper
    assert fates() == ["taken", "unknown", "not tried", "not tried"]
    assert len(server.received) == 2


def test_closing_in_answer_to_the_dot_is_a_refusal_for_now(server):
    server.tempers["dot", 2] = "421 4.3.2 Closing"
    assert fates() == ["taken", "later", "not tried", "not tried"]
    assert len(server.received) == 1


def test_after_a_lost_connection_the_next_group_has_a_new_one(server):
    server.tempers["data", 1] = DROP
    with SmtpLine() as line:
        line.send([letter(1), letter(2)], time.monotonic() + 60)
        assert line.send([letter(1)], time.monotonic() + 60)[0].fate == Fate.TAKEN
    assert server.connections == 2


def test_when_time_is_up_the_mail_that_was_begun_is_the_last(server):
    server.pause = 0.2
    with SmtpLine() as line:
        outcomes = line.send([letter(number) for number in range(1, 6)], time.monotonic() + 0.3)
    assert [outcome.fate.value for outcome in outcomes] == ["taken", "taken", "taken", "not tried", "not tried"]
    assert len(server.received) == 3


def test_dots_arrive_as_they_were(server):
    body = b".\r\n..\r\n.hidden\r\nend.\r\n"
    send(Letter("a@vendor.example", "b@example.com", b".First: header\r\n\r\n" + body))
    assert server.received[0].source == b".First: header\r\n\r\n" + body


@pytest.mark.parametrize("body", [b"x" * 999 + b"\r\n", b"bare\nfeed\r\n", b"bare\rreturn\r\n", b"end\n.\nMAIL FROM:<x>\r\n"])
def test_lines_that_no_mail_may_have_are_refused_here(server, body):
    outcomes = send(letter(1, body), letter(2))
    assert [outcome.fate.value for outcome in outcomes] == ["refused", "taken"]


def test_lines_of_998_characters_pass(server):
    assert send(letter(1, b"x" * 998 + b"\r\n"))[0].fate == Fate.TAKEN


@pytest.mark.parametrize(
    "address",
    ["a b@example.com", "a@example.com> SIZE=1\r\nRCPT TO:<b@example.com", '"a"@example.com', "a", "@example.com", "a@", "a\u2028b@example.com",
     "a\u202eb@example.com", "a" * 250 + "@example.com", "a@exa\x00mple.com", "<a@example.com>", "a@b@example.com", "a@" + "ü" * 70 + ".example"],
)  # fmt: skip
def test_addresses_that_could_break_out_are_refused_here(server, address):
    outcomes = send(Letter("s@vendor.example", address, b"Subject: x\r\n\r\n"), letter(2))
    assert [outcome.fate.value for outcome in outcomes] == ["refused", "taken"]
    assert len(server.received) == 1


def test_domains_go_out_in_ascii(server):
    assert send(Letter("s@vendor.example", "zoe@bücher.example", b"Subject: x\r\n\r\n"))[0].fate == Fate.TAKEN
    assert (server.received[0].recipient, server.received[0].options) == ("zoe@xn--bcher-kva.example", "")


def test_letters_beyond_ascii_need_smtputf8(server):
    zoe = Letter("s@vendor.example", "zoë@bücher.example", b"Subject: x\r\n\r\n")
    assert [outcome.fate for outcome in send(zoe)] == [Fate.TAKEN]
    assert (server.received[0].recipient, server.received[0].options) == ("zoë@xn--bcher-kva.example", "SMTPUTF8")
    server.extensions = ("PIPELINING",)
    outcomes = send(zoe, letter(2))
    assert [outcome.fate.value for outcome in outcomes] == ["refused", "taken"]
    assert "SMTPUTF8" in outcomes[0].answer


def test_a_refused_log_in_is_told_apart(server, settings):
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "site", "wrong"
    server.log_in = "535 5.7.8 Who are you?"
    with pytest.raises(LogInRefused, match="535"):
        SmtpLine().open()


def test_a_missing_log_in_is_no_fault_of_the_mail(server):
    server.tempers["mail", 1] = "530 5.7.0 Authentication required"
    assert fates(1) == ["later"]


def test_no_relay_is_away(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", free_port()
    with pytest.raises(RelayAway):
        SmtpLine().open()


def test_no_more_is_written_at_a_time_than_tls_keeps_together(server):
    """Of a longer write that fails a part may have arrived, final dot and all, and nobody would know."""
    with SmtpLine() as line:
        line.open()
        sizes, socket = [], line.smtp.sock

        class Recorded:
            def send(self, data):
                sizes.append(len(data))
                return socket.send(data)

            def __getattr__(self, name):
                return getattr(socket, name)

        line.smtp.sock = Recorded()
        (outcome,) = line.send(
            [Letter("bounce@vendor.example", "r1@example.com", b"Subject: x\r\n\r\n" + b"word " * 10 + b"\r\nx" * 20_000)],
            time.monotonic() + 60,
        )
    assert outcome.fate == Fate.TAKEN
    assert max(sizes) <= 16_384
    assert sum(sizes) > 50_000
