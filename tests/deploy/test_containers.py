"""Containerfile and compose.yaml: what can be told of them without an engine that may fetch images, and that what an image holds starts."""

import re
import shutil
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import yaml
from dockerfile_parse import DockerfileParser

from bench.own_servers import ROOT
from tests.architecture.test_settings import PRODUCTION

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OF_THE_SITE = ("migrate", "web", "worker", "beat")
each = pytest.mark.parametrize("name", SERVICES)


# Containerfile


@pytest.fixture(scope="module")
def steps() -> list[dict[str, Any]]:
    with (ROOT / "Containerfile").open("rb") as file:
        parser = DockerfileParser(fileobj=file)
        return [step for step in parser.structure if step["instruction"] != "COMMENT"]


def test_hadolint_has_nothing_to_say():
    program = Path(sys.executable).with_name("hadolint")
    said = subprocess.run([program, ROOT / "Containerfile"], capture_output=True, text=True, check=False)
    assert (said.returncode, said.stdout) == (0, "")


def test_every_base_is_pinned_and_the_user_is_not_root(steps):
    bases = [step["value"].split(" ")[0] for step in steps if step["instruction"] == "FROM"]
    assert all(re.fullmatch(r"docker\.io/library/python:3\.11\.\d+-slim-bookworm", base) for base in bases), bases
    users = [step["value"] for step in steps if step["instruction"] == "USER"]
    assert users == ["10001:101"]
    after = [step["instruction"] for step in steps][[step["instruction"] for step in steps].index("USER") :]
    assert "RUN" not in after


def test_what_is_copied_is_there_and_no_secret_is_baked_in(steps):
    for step in steps:
        if step["instruction"] == "COPY" and "--from=" not in step["value"]:
            *sources, _target = step["value"].split()
            assert all((ROOT / source).exists() for source in sources)
        if step["instruction"] in ("ENV", "ARG"):
            assert not re.search(r"SECRET|PASSWORD|_URL|_KEY=|TOKEN", step["value"]), step["value"]


# What an image holds


def ignored() -> list[str]:
    lines = (ROOT / ".containerignore").read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def goes_in(path: str) -> bool:
    parts = Path(path).parts
    heads = ["/".join(parts[:length]) for length in range(1, len(parts) + 1)]
    return not any(
        Path(head).match(pattern.removeprefix("**/")) for pattern in ignored() for head in heads if "/" in pattern or "/" not in head
    )


def test_secrets_and_data_never_go_in():
    for path in (".env", ".env.production", "var/infacta.sqlite3", "secrets/database_password", ".git/config", "tests/cast.py"):
        assert not goes_in(path), path
    for path in ("manage.py", "deploy/container/start", "locale/de/LC_MESSAGES/django.mo", "static/site.css", "gunicorn.conf.py"):
        assert goes_in(path), path
    assert (ROOT / "Containerfile.dockerignore").resolve() == ROOT / ".containerignore", "docker looks for it under that name"


def test_the_site_starts_with_what_goes_in(tmp_path):
    """Nothing that was left out is needed."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, check=True, capture_output=True, text=True).stdout.splitlines()
    for path in listed:
        if goes_in(path) and (ROOT / path).is_file():
            (tmp_path / "site" / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / path, tmp_path / "site" / path)
    environment = PRODUCTION | {"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", "DATA_DIR": str(tmp_path), "ENV_FILE": "/dev/null"}
    start = [tmp_path / "site/deploy/container/start", "python", "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    said = subprocess.run(start, cwd=tmp_path / "site", env=environment, capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stderr


class Answering(BaseHTTPRequestHandler):
    status = 200

    def do_GET(self) -> None:
        right = self.headers["Host"] == "customers.vendor.example" and self.headers["X-Forwarded-Proto"] == "https"
        self.send_response(self.status if right else 400)
        self.end_headers()

    def log_message(self, *args: object) -> None:
        pass


def test_a_container_knows_whether_it_is_well():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    Thread(target=server.serve_forever, daemon=True).start()
    environment = {"BIND": f"127.0.0.1:{server.server_address[1]}", "SITE_URL": "https://customers.vendor.example"}
    command = [sys.executable, ROOT / "deploy/container/healthy.py"]
    assert subprocess.run(command, env=environment, check=False).returncode == 0
    Answering.status = 503
    assert subprocess.run(command, env=environment, capture_output=True, check=False).returncode == 1
    server.shutdown()
    server.server_close()
    assert subprocess.run(command, env=environment, capture_output=True, check=False).returncode == 1


# compose.yaml


@each
def test_every_image_is_pinned(name):
    image = SERVICES[name]["image"]
    assert image == "localhost/infacta:latest" or re.fullmatch(r"docker\.io/library/\w+:\d+\.\d+(\.\d+)?-bookworm", image), image
    if "build" in SERVICES[name]:
        build = SERVICES[name]["build"]
        assert (ROOT / build["context"] / build["dockerfile"]).is_file()


@each
def test_everything_that_a_service_names_is_there(name):
    service = SERVICES[name]
    for volume in service.get("volumes", []):
        source = re.sub(r"\$\{\w+:-([^}]+)\}", r"\1", volume).split(":")[0]
        if source.startswith("./"):
            assert (ROOT / source).exists(), source
        elif not source.startswith("/"):
            assert source in COMPOSE["volumes"], source
    assert set(service.get("networks", [])) <= COMPOSE["networks"].keys()
    assert set(service.get("secrets", [])) <= COMPOSE["secrets"].keys()
    for other, how in service.get("depends_on", {}).items():
        assert other in SERVICES
        assert how["condition"] != "service_healthy" or "healthcheck" in SERVICES[other], "nobody would ever know"
        assert how["condition"] != "service_completed_successfully" or SERVICES[other]["restart"] == "no"


@pytest.mark.parametrize("name", OF_THE_SITE)
def test_the_sites_own_services_can_do_little(name):
    service = SERVICES[name]
    assert service["user"] == "10001:101"
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]


def test_no_password_stands_in_the_file():
    assert not re.search(r"(?i)(password|secret|key)\w*: *[\"']?[A-Za-z0-9+]{8,}[\"']?$", (ROOT / "compose.yaml").read_text(), re.MULTILINE)
    assert COMPOSE["networks"]["inside"]["internal"] is True
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["web"], "nginx listens in its network"
    assert SERVICES["nginx"]["network_mode"] == "service:web"


def test_backups_have_a_place_that_stays_and_web_does_not_see_it():
    """The rest of a container's disk cannot be written, and goes with it."""
    place = "backups:/var/backups/infacta"
    assert [name for name, service in SERVICES.items() if place in service.get("volumes", [])] == ["worker"]
    assert set(SERVICES["worker"]["volumes"]) == {*SERVICES["web"]["volumes"], place}, "beyond that it has what web has"


def test_nginx_has_a_file_with_the_sites_own_name():
    """Not the one in deploy/, which names another site; docs/operating.md makes it."""
    [mounted] = [volume for volume in SERVICES["nginx"]["volumes"] if ":/etc/nginx/conf.d/default.conf:" in volume]
    [made] = re.findall(r"^\$\{NGINX:-(/[^}]+)\}:", mounted)
    containers = (ROOT / "docs/operating.md").read_text().partition("## Containers")[2]
    assert re.search(rf"^    sed .*customers.* /srv/infacta/deploy/nginx/infacta\.conf > {made}$", containers, re.MULTILINE)


@pytest.mark.parametrize("name", ["web", "worker"])
def test_containers_run_what_the_units_run(name):
    unit = (ROOT / f"deploy/systemd/infacta-{name}.service").read_text()
    [line] = re.findall(r"^ExecStart=/srv/infacta/\.venv/bin/(.*)$", unit, re.MULTILINE)
    assert SERVICES[name]["command"] == line.split()
    [seconds] = re.findall(r"^TimeoutStopSec=(\d+)$", unit, re.MULTILINE)
    assert SERVICES[name]["stop_grace_period"] == f"{seconds}s"
