"""The order of versions: what PEP 440 and Semantic Versioning say, in a text that any database sorts."""

import itertools
import random

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version as Pep440
from semver import Version as SemVer

from downloads.models import Release
from downloads.versions import KEY_LENGTH, NotAVersion, key_of
from tests import cast

# One after the other: from PEP 440 ("Summary of permitted suffixes"), and from Semantic Versioning 2.0.0 (11.4).
PEP440_ORDER = ["1.0.dev456", "1.0a1", "1.0a2.dev456", "1.0a12.dev456", "1.0a12", "1.0b1.dev456", "1.0b2", "1.0b2.post345.dev456"]
PEP440_ORDER += ["1.0b2.post345", "1.0rc1.dev456", "1.0rc1", "1.0", "1.0+abc.5", "1.0+abc.7", "1.0+5", "1.0.post456.dev34", "1.0.post456"]
PEP440_ORDER += ["1.0.15", "1.1.dev1", "1.9", "1.10", "2004.1", "1!0.1"]
SEMVER_ORDER = ["1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1", "1.0.0"]
SEMVER_ORDER += ["1.0.1-0.3.7", "1.0.1-nightly.9", "1.0.1-nightly.10", "1.0.1", "1.9.0", "1.10.0", "10.0.0"]
MIXED_ORDER = ["1.2.3-1", "1.2.3-rc2", "1.2.3-rc10", "1.2.3", "1.2.3.1", "1.2.4-alpha.1", "1.2.4b1", "1.2.4"]


@pytest.mark.parametrize("order", [PEP440_ORDER, SEMVER_ORDER, MIXED_ORDER])
def test_versions_sort_as_their_rules_say(order):
    for earlier, later in itertools.combinations(order, 2):
        assert key_of(earlier) < key_of(later), (earlier, later)


@pytest.mark.parametrize("same", [("1.0", "1.0.0"), ("1.0a1", "1.0.0-alpha.1"), ("v2.1", "2.1"), ("1.0rc1", "1.0.0-rc.1")])
def test_what_means_the_same_has_one_key(same):
    assert len({key_of(version) for version in same}) == 1


numbers = st.integers(0, 10**9)
semver = st.builds(SemVer, numbers, numbers, numbers)
release = st.lists(numbers, min_size=1, max_size=4).map(lambda parts: ".".join(map(str, parts)))
phase = st.sampled_from(["", "a{}", "b{}", "rc{}", ".dev{}", ".post{}", "a{}.dev3", ".post{}.dev3"])
pep440 = st.builds(lambda numbers, phase, number: numbers + phase.format(number), release, phase, st.integers(0, 300))


@given(pep440, pep440)
def test_any_two_versions_of_pep_440_sort_as_packaging_sorts_them(one, other):
    assert (key_of(one) < key_of(other)) == (Pep440(one) < Pep440(other))


@given(semver, semver)
def test_any_two_versions_of_semver_sort_as_semver_sorts_them(one, other):
    assert (key_of(str(one)) < key_of(str(other))) == (one < other)


@pytest.mark.parametrize("typed", ["", "two", "1.0 ", "1..2", "1.0-", "١.٢", "1.0\n", "9" * 40, "1.0-beta beta", "latest", "2.0/../3"])
def test_what_is_no_version_is_refused_with_a_sentence(typed):
    with pytest.raises(NotAVersion, match="write numbers with dots"):
        key_of(typed)


def test_the_longest_versions_fit():
    for version in ("1." * 24 + "1", f"{'9' * 18}.{'9' * 18}.1-{'a' * 9}", "1.0+" + "z" * 46):
        assert len(key_of(version)) <= KEY_LENGTH


@pytest.mark.django_db
def test_the_database_sorts_them_so(notebook):
    """Whatever its collation is: the keys are hexadecimal digits."""
    shuffled = MIXED_ORDER[:]
    random.Random(1).shuffle(shuffled)
    for version in shuffled:
        Release.objects.create(product=notebook, version=version)
    assert list(Release.objects.latest_first().values_list("version", flat=True)) == MIXED_ORDER[::-1]


@pytest.mark.django_db
def test_a_late_fix_of_an_old_version_is_not_the_latest(notebook, notebook_file):
    for version in ("10.0", "9.1"):
        cast.make_file(notebook, version)
    page = Client().get("/products/notebook/").content.decode()
    assert "Version 10.0" in page
    assert "Version 9.1" not in page
