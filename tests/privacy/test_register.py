"""The register of processing says what the registry declares, all of it, to administration alone."""

import csv
from io import StringIO

import pytest
from django.test import Client
from django.utils import translation

from privacy.areas import PROMOTIONS, RESOURCES
from privacy.categories import Category
from privacy.fates import Kept
from privacy.policies import fate_in_words
from privacy.registry import ModelDeclaration, Personal, Purpose, Recipient, Retention, registry
from privacy.sources import Source
from tests.customer import log_in
from tests.pages import words_of
from tests.staff import staff_log_in

pytestmark = pytest.mark.django_db
PAGE, CSV = "/staff/register/", "/staff/register/csv/"
FORMULA = '=HYPERLINK("https://evil.example/")'


def plain(text: object) -> str:
    return " ".join(str(text).split())


@pytest.fixture
def administration(ada) -> Client:
    return staff_log_in(ada)


def rows_of(client: Client) -> list[dict[str, str]]:
    answer = client.get(CSV)
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"].startswith("attachment; filename=")
    return list(csv.DictReader(StringIO(b"".join(answer).decode("utf-8-sig"))))


def test_every_record_is_there_with_all_that_is_declared(administration):
    page = words_of(administration.get(PAGE).content.decode())
    rows = {row["processing"]: row for row in rows_of(administration)}
    declared = [one for one in registry.models.values() if one.personal]
    assert len(rows_of(administration)) == len(declared) + len(registry.flows) + len(registry.disclosures)
    for one in declared:
        row = rows[str(one.title)]
        start = page.index(plain(f"{one.title} Kind kept in the database"))
        told = page[start : page.index("At a wish for erasure", start) + 600]
        for text in (*(personal.text for personal in one.personal.values()), *(category.text for category in one.categories)):
            assert plain(text) in told
        for purpose in one.purposes:
            assert plain(f"{purpose.text}: {purpose.basis}") in told
            assert str(purpose.basis) in row["purposes and lawful basis"]
        assert [area.title for area in one.areas] == row["parts of the site"].split(" | ")
        assert plain(fate_in_words(one.fate)) in told
        assert row["at a wish for erasure"] == str(fate_in_words(one.fate))
        for name in one.personal:
            assert str(one.retention_of(name).rule) in row["how long"]
            assert (one.retention_of(name).destroyer or str(one.retention_of(name).ended_by)) in row["ended by"]
        assert row["recipients"] == (" | ".join(recipient.name for recipient in one.recipients_now) or "nobody")


def test_it_names_the_controller_the_transfers_and_the_measures(administration, settings):
    page = words_of(administration.get(PAGE).content.decode())
    assert f"Controller {settings.SITE_NAME}, {settings.VENDOR_ADDRESS}" in page
    assert "Data protection officer none named" in page
    assert "Transfers to other countries none known" in page
    settings.DATA_PROTECTION_OFFICER, settings.PRIVACY_TRANSFERS = "Olive Officer, olive@vendor.example", "mail texts to the USA (SCC)"
    page = words_of(administration.get(PAGE).content.decode())
    assert "Data protection officer Olive Officer, olive@vendor.example" in page
    row = rows_of(administration)[0]
    assert (row["data protection officer"], row["transfers to other countries"]) == (
        "Olive Officer, olive@vendor.example",
        "mail texts to the USA (SCC)",
    )
    assert len(registry.measures) > 8
    assert [measure.slug for measure in registry.measures if plain(measure.text) not in page] == []


def test_something_declared_anew_is_in_it_at_once_and_harmless(administration, monkeypatch):
    hostile = "<script>alert(1)</script>"
    declared = ModelDeclaration(
        "tides.Tide",
        FORMULA,
        {"height": Personal(hostile)},
        areas=(PROMOTIONS,),
        purposes=(Purpose("tides", "@tell", "the sea"),),
        recipients=(Recipient("moon", "+Moon", "pulls", ""),),
        retention=Retention("fortnight", "-a fortnight", ended_by="the moon"),
        categories=(Category("tidal", "tidal"),),
        sources=(Source("shore", "the shore"),),
        fate=Kept("the moon pulls"),
    )
    monkeypatch.setattr(registry, "models", registry.models | {"tides.Tide": declared})
    html = administration.get(PAGE).content.decode()
    assert "<script>alert" not in html
    assert f"{FORMULA} Kind kept in the database Parts of the site Promotions" in words_of(html)
    (row,) = [row for row in rows_of(administration) if "HYPERLINK" in row["processing"]]
    assert (row["processing"], row["recipients"], row["how long"]) == (f"'{FORMULA}", "'+Moon", "'-a fortnight")
    assert row["purposes and lawful basis"] == "'@tell: the sea"


def test_the_table_is_in_one_language(administration):
    """Whoever reads German gets German cells below German headings."""
    administration.post("/language/", {"language": "de"})
    cells = {cell for row in rows_of(administration) for cell in row.values()}
    with translation.override("de"):
        german = str(RESOURCES.title)
    assert german in cells
    assert str(RESOURCES.title) not in cells - {german}


def test_it_opens_for_administration_alone(administration, sam, alice):
    for path in (PAGE, CSV):
        assert Client().get(path).status_code == 302
        assert log_in(alice).get(path).status_code == 302
        assert staff_log_in(sam).get(path).status_code == 403
        assert administration.get(path).status_code == 200
        assert administration.post(path).status_code == 405


def test_it_stands_in_the_navigation_of_whoever_may_read_it(administration, sam):
    assert PAGE in administration.get("/staff/").content.decode()
    assert PAGE not in staff_log_in(sam).get("/staff/").content.decode()


def test_it_asks_nothing_of_the_records_themselves(administration, django_assert_max_num_queries, alice, bob):
    administration.get(PAGE)
    with django_assert_max_num_queries(12):
        administration.get(PAGE)
