"""What is sealed is opened by this site alone, with the key of today or an earlier one."""

import pytest

from infacta.sealed_text import CannotOpen, opened, sealed


def test_it_says_nothing_and_opens_again():
    box = sealed("whsec_secret")
    assert "secret" not in box
    assert opened(box) == "whsec_secret"
    assert sealed("whsec_secret") != box, "the same text twice does not show"


def test_an_earlier_key_still_opens(settings):
    box = sealed("whsec_secret")
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "the key of tomorrow" * 5
    assert opened(box) == "whsec_secret"


@pytest.mark.parametrize("spoilt", [lambda box: "", lambda box: "x", lambda box: box[:6], lambda box: box[:-4] + "AAA="])
def test_what_was_changed_or_is_none_is_refused(spoilt):
    with pytest.raises(CannotOpen):
        opened(spoilt(sealed("whsec_secret")))


def test_another_key_does_not_open(settings):
    box = sealed("whsec_secret")
    settings.SECRET_KEY = "the key of another site" * 5
    with pytest.raises(CannotOpen):
        opened(box)
