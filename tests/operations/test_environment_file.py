"""Whatever an answer holds, systemd and the site read it as it was meant, or it is refused."""

import environ
import pytest
from hypothesis import given
from hypothesis import strategies as st

from operations.setting_up.environment_file import Unusable, changed, masked, quoted, value_of, variables_in
from operations.setting_up.plan import secrets_in

AWKWARD = ['a "b" c', "it's", "back\\slash\\", "a\\n", "50 % # no comment", "x$y", "`id`", "ä€😀", "a=b;c", "''", '"', "~", "\\\\", "\\$"]


def read_by_systemd(written: str) -> str:
    """A value by the rules of systemd.exec(5) and the parser's states in systemd's src/basic/env-file.c, for one line."""
    if not written.startswith('"'):
        assert not set(written) & set("\\\"' ")
        return written
    found, rest = "", written[1:-1]
    while rest:
        if rest[0] == "\\" and rest[1:2] in ('"', "\\", "$", "`"):
            rest = rest[1:]
        else:
            assert rest[0] != '"', "the quotes would end here"
        found, rest = found + rest[0], rest[1:]
    return found


def read_by_the_site(line: str, folder) -> str:
    file = folder / "environment"
    file.write_text(line + "\n", encoding="utf-8")
    reader = type("Reader", (environ.FileAwareEnv,), {"ENVIRON": {}})
    reader.read_env(str(file))
    return reader().str("NAME")


@pytest.mark.parametrize("value", AWKWARD)
def test_both_read_the_same(tmp_path, value):
    written = quoted(value)
    assert read_by_the_site(f"NAME={written}", tmp_path) == read_by_systemd(written) == value_of(written) == value


@given(st.text())
def test_any_text_is_kept_or_refused(value):
    try:
        written = quoted(value)
    except Unusable:
        return
    assert read_by_systemd(written) == value_of(written) == value
    assert len(written.splitlines()) <= 1


@pytest.mark.parametrize("value", ["$HOME", "a\nb", "a\rb", "a\x85b", "a\u2028b", "a\x00", " a", "a ", "\udc80"])
def test_what_neither_could_hold_is_refused(value):
    with pytest.raises(Unusable):
        quoted(value)


def test_what_stays_stays_to_the_character():
    text = "A='x'\n  odd line\n#B=1\nC=2   \nexport D=\"x\"\n"
    assert changed(text, {"A": "x", "D": "x"}) == text
    assert changed(text, {"B": "y z"}) == text.replace("#B=1\n", '#B=1\nB="y z"\n')
    assert variables_in(changed(text, {"E": "1"}))["E"] == "1"


def test_nothing_secret_is_shown():
    text = "SECRET_KEY=s3cr3t-key\nSTRIPE_SECRETS=whsec_abc\nDATABASE_URL=postgres://u:p%23ss@h/n\nREDIS_URL=redis://:redis-pass@h/0\nSITE_NAME=x\n"
    shown = masked(text, secrets_in(variables_in(text)))
    assert not {"s3cr3t-key", "whsec_abc", "p%23ss", "redis-pass"} & set(
        shown.replace("=", " ").replace("@", " ").replace(":", " ").split()
    )
    assert "SITE_NAME=x" in shown
