"""What is in a report: data that the schema describes, a book that people read, files, and sums of all of it (promise C17)."""

import hashlib
import json
import re
from html.parser import HTMLParser

import jsonschema
import pytest
from django.conf import settings as site
from django.test import Client

from accounts.models import LoginSession, User
from audit.kinds import Kind
from audit.log import record
from privacy.registry import registry
from purchases.models import Purchase
from rights.report import writing
from support.models import CaseFile
from support.vault import files, keyring
from tests.canaries import Filler, unfindable
from tests.pages import words_of
from tests.rights.reports import Report, make
from tests.support.cases import incoming, make_case

pytestmark = pytest.mark.django_db
SCHEMA = json.loads((site.BASE_DIR / "docs" / "report.schema.json").read_text())
HOSTILE = """"><script>alert('x')</script><img src=x onerror=alert(1)>{{ 7*7 }}&amp;'"""


@pytest.fixture
def full(alice, sam) -> Report:
    """Everything that there can be of Alice."""
    Filler(alice.email, 1, alice, sam).fill()
    return make(alice)


class Structure(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(page)
        assert self.open == [], "every element ends"

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if tag not in ("meta", "link", "br", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def links_in(page: str) -> list[str]:
    return [value or "" for _tag, attributes in Structure(page).tags for name, value in attributes.items() if name in ("href", "src")]


def test_the_data_are_as_the_published_schema_says(full, mallory):
    for report in (full, make(mallory)):
        jsonschema.validate(report.data, SCHEMA)
        assert json.loads(report.parts["report.schema.json"]) == SCHEMA
    assert Client().get("/privacy/report-schema.json").json() == SCHEMA


def test_the_schema_refuses_what_is_none(full):
    for spoiled in ({"version": 2}, {"records": None}, {"made_at": "yesterday"}, {"files": [{}]}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(full.data | spoiled, SCHEMA)


def test_every_kind_says_why_from_where_to_whom_how_long_and_what_becomes_of_it(full):
    assert [kind["model"] for kind in full.data["records"]] == [label for label, declared in registry.models.items() if declared.personal]
    for kind in full.data["records"]:
        declared = registry.models[kind["model"]]
        assert [one["basis"] for one in kind["purposes"]] == [str(one.basis) for one in declared.purposes]
        assert [one["text"] for one in kind["sources"]] == [str(one.text) for one in declared.sources]
        assert [one["name"] for one in kind["recipients"]] == [one.name for one in declared.recipients_now]
        assert {one["slug"] for one in kind["retention"]} == {declared.retention_of(name).slug for name in declared.personal}
        assert kind["on_erasure"]["what"] in ("erased", "anonymised", "kept")
        assert set(kind["fields"]) == set(declared.personal)
        assert kind["count"] == len(kind["rows"])


def test_the_book_says_the_same(full):
    page = words_of(full.pages()["pages/purchases-purchase-1.html"])
    declared = registry.models["purchases.Purchase"]
    for text in (*declared.purposes, *declared.sources, *declared.categories):
        assert str(text.text) in page
    assert str(declared.purposes[0].basis) in page
    assert str(declared.retention.rule) in page
    assert str(declared.fate.ground) in page


def test_what_is_left_out_stands_there_with_its_reason(full):
    left_out = {one["what"]: one["why"] for one in full.data["left_out"]}
    for label, why in unfindable().items():
        assert left_out[str(registry.models[label].title)] == why
    for declared in registry.models.values():
        if declared.unfound:
            assert str(declared.title) in left_out
    assert "Your account: a one-way digest of your password" in left_out
    assert "the names of our staff" in left_out
    index = words_of(full.pages()["index.html"])
    for what, why in left_out.items():
        assert " ".join(what.split()) in index
        assert " ".join(why.split()) in index


def test_the_digest_of_the_password_is_named_and_not_shown(alice):
    report = make(alice)
    assert "password" not in report.rows("accounts.User")[0]
    assert alice.password not in report.text
    assert alice.password.rpartition("$")[2] not in report.text


def test_sums_of_every_part(full):
    sums = dict(reversed(line.split("  ")) for line in full.parts["SHA256SUMS"].decode().splitlines())
    assert set(sums) == set(full.parts) - {"SHA256SUMS"}
    for name, sum_of in sums.items():
        assert hashlib.sha256(full.parts[name]).hexdigest() == sum_of
    manifest = {part["path"]: part for part in json.loads(full.parts["manifest.json"])["parts"]}
    assert set(manifest) == set(full.parts) - {"SHA256SUMS", "manifest.json"}
    for name, part in manifest.items():
        assert (part["size"], part["sha256"]) == (len(full.parts[name]), sums[name])


def test_the_book_is_whole_and_leads_nowhere_else(full):
    pages = full.pages()
    assert "index.html" in pages
    for name, page in pages.items():
        structure = Structure(page)
        assert not [tag for tag, _attributes in structure.tags if tag in ("script", "img", "iframe", "form", "object")]
        assert not [name for _tag, attributes in structure.tags for name in attributes if name.startswith("on") or name == "style"]
        for link in links_in(page):
            if not link.startswith(("mailto:", "http")):
                inside = re.sub(r"^\.\./", "", link) if name.startswith("pages/") else link
                assert inside in full.parts, f"{link} in {name}"


def test_every_kind_that_has_rows_is_in_the_contents(full):
    index = full.pages()["index.html"]
    for kind in full.data["records"]:
        slug = kind["model"].lower().replace(".", "-")
        assert (f'href="pages/{slug}-1.html"' in index) == bool(kind["count"])


def test_a_kind_without_rows_says_that_it_was_looked_for(mallory):
    report = make(mallory)
    assert report.kind("purchases.Purchase")["rows"] == []
    assert "Your purchases" in words_of(report.pages()["index.html"]).partition("Looked for, and nothing found")[2]


def test_hostile_words_stay_words(alice):
    User.objects.filter(pk=alice.pk).update(name=HOSTILE, company="</dd></dl></section>")
    make_case(alice.email, HOSTILE, user=alice, subject=HOSTILE, files=[incoming("../../x<b>.html", HOSTILE.encode())])
    report = make(alice)
    assert report.rows("accounts.User")[0]["name"] == HOSTILE
    for page in report.pages().values():
        tags = {tag for tag, _attributes in Structure(page).tags}
        assert not tags & {"script", "img"}
        assert "<script" not in page
    assert "{{ 7*7 }}" in report.pages()["pages/accounts-user-1.html"]
    (file,) = report.data["files"]
    assert file["name"] == "x<b>.html"
    assert re.fullmatch(r"files/support-casefile/\d+-1-x_b_\.html\.txt", file["path"])
    assert report.parts[file["path"]] == HOSTILE.encode()


def test_files_of_cases_are_there_byte_for_byte(alice):
    content = bytes(range(256)) * 3000
    make_case(alice.email, user=alice, files=[incoming("log.bin", content)])
    report = make(alice)
    (file,) = report.data["files"]
    assert report.parts[file["path"]] == content
    assert file["sha256"] == hashlib.sha256(content).hexdigest()
    assert report.rows("support.CaseFile")[0]["files"] == [file["path"]]
    assert file["path"] in report.pages()["pages/support-casefile-1.html"]


def test_a_file_that_is_damaged_or_gone_is_named_and_the_report_is_made(alice):
    for _time in range(2):
        make_case(alice.email, user=alice, files=[incoming("log.bin", b"x" * 600_000)])
    first, second = CaseFile.objects.order_by("pk").select_related("case")
    path = files.path_of(first.case.key_name, first.stored_as)
    path.write_bytes(path.read_bytes()[:-10])
    files.destroy(second.case.key_name, second.stored_as)
    report = make(alice)
    problems = {file["id"]: (file["problem"], file["size"]) for file in report.data["files"]}
    assert problems == {first.pk: ("Damaged", 2 * 256 * 1024), second.pk: ("FileNotFoundError", 0)}
    assert "not whole" in report.pages()["index.html"]


def test_words_whose_key_is_gone_are_empty_and_the_report_is_made(alice):
    case = make_case(alice.email, user=alice)
    keyring.destroy(case.key_name)
    assert make(alice).rows("support.CaseMessage")[0]["sealed"] == {"text": "", "quoted": "", "sender": ""}


def test_the_words_of_cases_are_opened(alice):
    make_case(alice.email, "My printer is on fire.", user=alice)
    report = make(alice)
    assert report.rows("support.CaseMessage")[0]["sealed"]["text"] == "My printer is on fire."
    assert "My printer is on fire." in report.pages()["pages/support-casemessage-1.html"]


def test_values_are_shown_as_people_read_them(alice, sam):
    LoginSession.objects.create(
        user=alice, area="resources", token_hash="t", binding_hash="b", credentials_hash="c", end_reason="logged_out"
    )
    record(Kind.RECORD_OPENED, user=alice, actor=sam, role="Support", reason="case 4711")
    Purchase.objects.create(
        user=alice, partner="plimus", order_reference="A-7", email=alice.email, purchased_at=alice.opened_at, total="1234.50"
    )
    report = make(alice)
    assert "a member of our staff (Support)" in report.pages()["pages/audit-auditevent-1.html"]
    assert "record opened by staff" in report.pages()["pages/audit-auditevent-1.html"]
    assert report.rows("purchases.Purchase")[0]["total"] == "1234.50"
    assert report.rows("accounts.User")[0]["greets"] is True
    assert "<dd>yes</dd>" in report.pages()["pages/accounts-user-1.html"]
    assert report.rows("downloads.Entitlement")[0]["product"] == {"record": "downloads.Product", "name": "Notebook"}
    assert re.search(r"<dd>\d{1,2} [A-Z][a-z]+ \d{4}, \d\d:\d\d</dd>", report.pages()["pages/accounts-user-1.html"])
    number = report.rows("downloads.UnlockCode")[0]["entitlement"]
    assert number == {"record": "downloads.Entitlement", "id": alice.entitlements.get().pk}


def test_it_speaks_the_language_and_the_time_zone_of_the_person(alice, germans):
    User.objects.filter(pk=alice.pk).update(language="de", time_zone="America/New_York")
    report = make(alice)
    assert (report.data["language"], report.data["time_zone"]) == ("de", "America/New_York")
    assert '<html lang="de">' in report.pages()["index.html"]


def test_many_rows_are_several_pages(alice, monkeypatch):
    monkeypatch.setattr(writing, "ROWS", 10)
    for _time in range(25):
        record(Kind.LOGIN_SUCCEEDED, user=alice)
    report = make(alice)
    events = report.kind("audit.AuditEvent")
    numbers = [re.findall(r'id="r(\d+)"', report.pages()[f"pages/audit-auditevent-{page}.html"]) for page in (1, 2, 3)]
    assert [row["id"] for row in events["rows"]] == [int(number) for page in numbers for number in page]
    assert events["count"] >= 25


def test_no_more_queries_for_more_rows(alice, notebook, django_assert_max_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            make(alice)
        return len(found)

    make_case(alice.email, user=alice, files=[incoming()])
    before = queries()
    for _time in range(30):
        record(Kind.LOGIN_SUCCEEDED, user=alice)
        make_case(alice.email, user=alice, files=[incoming()])
        Purchase.objects.create(user=alice, partner="plimus", order_reference=str(_time), email=alice.email, purchased_at=alice.opened_at)
    assert queries() <= before + 1
