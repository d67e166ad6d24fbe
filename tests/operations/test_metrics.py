"""/metrics: figures for staff networks, with labels of the site's own choosing, and no table counted through."""

import os
import re
import shutil
import signal
import subprocess
import time
from datetime import timedelta
from pathlib import Path

import pytest
import yaml
from django.db import OperationalError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import path
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from audit.models import AuditEvent
from infacta.schedule import SWEEPS
from infacta.urls import handler404, handler500  # noqa: F401
from infacta.urls import urlpatterns as site
from mailroom.models import OutgoingMail
from operations.metrics import exposing, rows
from operations.metrics.counting import REQUESTS, SECONDS
from privacy.models import PromiseState, SweepRun
from purchases.models import Purchase, WebhookEvent
from tests import cast
from tests.server import ask, served

ROOT = Path(__file__).resolve().parents[2]
MONITORING = (ROOT / "docs" / "monitoring.md").read_text()
RULES = yaml.safe_load((ROOT / "deploy" / "prometheus" / "infacta.rules.yml").read_text())
MOST_QUERIES = 26


def broken(request):
    raise OperationalError("away") if request.GET["by"] == "database" else ValueError("anything")


urlpatterns = [path("broken/", broken, name="broken"), *site]


@pytest.fixture
def prometheus(settings) -> Client:
    """A client whose address is one of METRICS_NETWORKS."""
    settings.METRICS_NETWORKS = ["127.0.0.0/8"]
    exposing.kept.clear()
    return Client()


def figures_of(text: str) -> dict[str, float]:
    """Every sample, by its name and labels as Prometheus writes them."""
    return {
        sample.name
        + ("{" + ",".join(f'{key}="{sample.labels[key]}"' for key in sorted(sample.labels)) + "}" if sample.labels else ""): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def scraped(client: Client) -> dict[str, float]:
    exposing.kept.clear()
    answer = client.get("/metrics")
    assert answer.status_code == 200
    return figures_of(answer.content.decode())


# Who may read them


@pytest.mark.django_db
@pytest.mark.parametrize("networks", [[], ["192.0.2.0/24"], ["203.0.113.7"]])
def test_to_others_there_is_no_such_page(settings, networks):
    settings.METRICS_NETWORKS = networks
    answer = Client().get("/metrics")
    assert (answer.status_code, "infacta_" in answer.content.decode()) == (404, False)


@pytest.mark.django_db
def test_a_forged_header_opens_nothing(settings):
    settings.METRICS_NETWORKS = ["10.0.0.0/8"]
    assert Client().get("/metrics", headers={"X-Forwarded-For": "10.0.0.1"}).status_code == 404
    settings.TRUSTED_PROXIES = ["127.0.0.1"]
    assert Client().get("/metrics", headers={"X-Forwarded-For": "10.0.0.1, 203.0.113.7"}).status_code == 404
    assert Client().get("/metrics", headers={"X-Forwarded-For": "10.0.0.1"}).status_code == 200


@pytest.mark.django_db
def test_nothing_of_it_is_kept_and_no_cookie_set(prometheus):
    answer = prometheus.get("/metrics")
    assert (answer["Cache-Control"], answer["Content-Type"].split(";")[0]) == ("no-store", "text/plain")
    assert not answer.cookies
    assert prometheus.post("/metrics").status_code == 405


# What they say


@pytest.mark.django_db
def test_the_rows_are_told(prometheus, alice, notebook):
    before = scraped(prometheus)
    AuditEvent.objects.create(kind="login.failed")
    AuditEvent.objects.create(kind="login.failed", at=timezone.now() - timedelta(minutes=6))
    OutgoingMail.objects.all().delete()
    OutgoingMail.objects.create(cause="x", to="a@b.example", subject="x", next_try_at=timezone.now() - timedelta(minutes=10))
    OutgoingMail.objects.create(cause="y", to="a@b.example", subject="x", state="failed")
    common = {"partner": "p", "raw_type": "x", "kind": "purchase", "payload": {}, "payload_sha256": ""}
    WebhookEvent.objects.create(event_key="1", **common)
    WebhookEvent.objects.create(event_key="2", state="failed", **common)
    WebhookEvent.objects.create(event_key="3", state="failed", received_at=timezone.now() - timedelta(days=2), **common)
    now = timezone.now()
    SweepRun.objects.create(task=SWEEPS[0].task, first_at=now, ended_at=now)
    SweepRun.objects.create(task=SWEEPS[1].task, first_at=now, failed_at=now)
    Purchase.objects.create(partner="p", order_reference="1", user=alice, email=alice.email, purchased_at=now)
    PromiseState.objects.create(promise="C7", outcome="broken", since=now, looked_at=now)
    found = scraped(prometheus)
    assert found['infacta_events_lately{kind="login.failed"}'] == 1
    assert (found["infacta_mails_waiting"], found["infacta_mails_failed"]) == (1, 1)
    assert 590 < found["infacta_mails_overdue_seconds"] < 700
    assert (found["infacta_notifications_waiting"], found["infacta_notifications_failed"]) == (1, 1)
    assert found[f'infacta_sweep_last_success_timestamp_seconds{{sweep="{SWEEPS[0].task}"}}'] == pytest.approx(now.timestamp())
    assert found[f'infacta_sweep_broken{{sweep="{SWEEPS[1].task}"}}'] == 1
    assert found['infacta_promises{state="broken"}'] == 1
    assert found["infacta_purchases_lately"] == 1
    assert found["infacta_audit_unsealed"] == before["infacta_audit_unsealed"] + 2
    assert found["infacta_rows_readable"] == 1
    assert found["infacta_disk_free_bytes"] > 0


@pytest.mark.django_db
def test_the_same_queries_however_many_rows(prometheus, notebook):
    def queries() -> list[str]:
        exposing.kept.clear()
        with CaptureQueriesContext(connection) as captured:
            assert prometheus.get("/metrics").status_code == 200
        return [query["sql"] for query in captured]

    few = queries()
    for number in range(20):
        cast.buy(cast.ALICE, notebook, order=f"A-{number}")
    many = queries()
    assert len(few) == len(many) <= MOST_QUERIES
    counts = [query for query in many if "COUNT(" in query and "GROUP BY" not in query]
    assert counts
    assert all("LIMIT" in query for query in counts), "no count without a bound"


@pytest.mark.django_db
def test_rows_are_kept_for_some_seconds(prometheus, django_assert_num_queries):
    scraped(prometheus)
    with django_assert_num_queries(0):
        assert prometheus.get("/metrics").status_code == 200


@pytest.mark.django_db
def test_a_database_that_does_not_tell(prometheus, monkeypatch):
    def away(now):
        raise OperationalError("secret host 10.9.8.7")

    monkeypatch.setattr(rows, "queues", away)
    found = scraped(prometheus)
    assert found["infacta_rows_readable"] == 0
    assert "infacta_mails_waiting" not in found
    assert "infacta_disk_free_bytes" in found


@pytest.mark.django_db
def test_labels_are_the_names_of_routes_and_nothing_that_a_visitor_chose(prometheus, alice):
    for address in ("/alice@example.com/", "/products/no-such-product/", "/support/cases/abcdef0123456789abcdef0123456789/", "/resources/"):
        Client().get(address)
    text = prometheus.get("/metrics").content.decode()
    views = set(re.findall(r'infacta_requests_total\{.*?view="(.*?)"', text))
    assert "(none)" in views
    assert all(re.fullmatch(r"\(none\)|[\w:.-]+", view) for view in views), views
    for canary in ("alice", "no-such-product", "abcdef"):
        assert canary not in text
    assert {label for metric in (REQUESTS, SECONDS) for label in metric._labelnames} == {"view", "status"}


@pytest.mark.django_db
@pytest.mark.urls(__name__)
def test_an_error_of_the_database_is_counted(prometheus):
    before = scraped(prometheus)["infacta_database_errors_total"]
    browser = Client(raise_request_exception=False)
    assert [browser.get("/broken/", {"by": name}).status_code for name in ("database", "anything")] == [500, 500]
    assert scraped(prometheus)["infacta_database_errors_total"] == before + 1


# Several processes


def test_two_workers_tell_the_sum_and_go_on_when_one_is_replaced(tmp_path):
    folder = tmp_path / "figures"
    folder.mkdir()
    with served(tmp_path, WEB_WORKERS="2", METRICS_NETWORKS="127.0.0.1", PROMETHEUS_MULTIPROC_DIR=str(folder)) as port:

        def home_pages() -> float:
            text = ask(port, "/metrics").text
            return figures_of(text).get('infacta_requests_total{status="2xx",view="website:home"}', 0)

        for _number in range(30):
            ask(port, "/")
        assert home_pages() == 30
        pids = sorted({int(file.stem.rpartition("_")[2]) for file in folder.glob("counter_*.db")})
        pids = [pid for pid in pids if pid]
        assert len(pids) == 2, "both have answered"
        os.kill(pids[0], signal.SIGKILL)
        await_end_of(pids[0])
        for _number in range(10):
            ask(port, "/")
        assert home_pages() == 40
        assert home_pages() == 40, "what the ended one had counted is added up once"
        assert f"counter_{pids[0]}.db" not in {file.name for file in folder.iterdir()}


def await_end_of(pid: int) -> None:
    for _try in range(100):
        if not exposing.is_running(pid):
            return
        time.sleep(0.05)
    raise AssertionError("the process lives on")


# The page and the rules


def families(client: Client) -> set[str]:
    exposing.kept.clear()
    return {family.name for family in text_string_to_metric_families(client.get("/metrics").content.decode())}


@pytest.mark.django_db
def test_the_page_names_every_figure_and_no_other(prometheus):
    named = re.findall(r"^\| `(infacta_\w+)", MONITORING, re.MULTILINE)
    assert sorted(named) == sorted(families(prometheus))


@pytest.mark.django_db
def test_the_rules_ask_for_figures_that_there_are(prometheus):
    known = families(prometheus)
    rules = [rule for group in RULES["groups"] for rule in group["rules"]]
    assert len(rules) >= 10
    for rule in rules:
        names = re.findall(r"infacta_\w+", rule["expr"])
        assert all(re.sub(r"_(bucket|count|sum|total)$", "", name) in known for name in names), rule["alert"]
        assert rule["annotations"]["summary"]
        assert f"`{rule['alert']}`" in MONITORING, "what to do about it stands on the page"
    for name in set(re.findall(r"^\| `(Infacta\w+)`", MONITORING, re.MULTILINE)):
        assert name in {rule["alert"] for rule in rules}


def test_prometheus_itself_understands_the_rules():
    if not (promtool := shutil.which("promtool")):
        pytest.skip("promtool is not installed: `apt install prometheus`")
    result = subprocess.run(
        [promtool, "check", "rules", ROOT / "deploy/prometheus/infacta.rules.yml"], capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
