"""docs/operating.md installs every file of deploy/, names none that is not there, and copies none."""

import re
import subprocess

from django.core.management import get_commands

from bench.own_servers import ROOT

OPERATING = (ROOT / "docs/operating.md").read_text()
NOT_INSTALLED = {"deploy/tell-failure", "deploy/container/start", "deploy/container/healthy.py", "deploy/prometheus/infacta.rules.yml"}
"""They are run where they lie, by a unit and in containers; Prometheus is on another host (docs/monitoring.md)."""


def test_every_file_is_installed_and_every_file_that_is_installed_is_there():
    named = set(re.findall(r"/srv/infacta/(deploy/[\w./*@-]+)", OPERATING))
    installed = {str(path.relative_to(ROOT)) for pattern in named for path in ROOT.glob(pattern)}
    assert all(list(ROOT.glob(pattern)) for pattern in named), named
    tracked = set(subprocess.run(["git", "ls-files", "deploy"], cwd=ROOT, check=True, capture_output=True, text=True).stdout.split())
    assert {path for path in tracked if not path.startswith("deploy/nginx/pages/")} - installed == NOT_INSTALLED


def test_no_file_is_copied_into_the_documentation():
    """What stands in prose drifts; a block there would be installed by somebody."""
    assert not re.search(r"^```(ini|nginx|logrotate|crontab)$", OPERATING, re.MULTILINE)


def test_every_timer_is_explained():
    for timer in (ROOT / "deploy/systemd").glob("*.timer"):
        assert f"`{timer.name}`" in OPERATING, timer.name


def test_commands_in_the_sections_of_setting_up_are_the_sites():
    """`manage NAME` of sections 1 to 5 is a command, but for that of backups, which has a page of its own."""
    sections = OPERATING.partition("## 1.")[2].partition("## More hosts")[0]
    asked = set(re.findall(r"^    manage (\w+)", sections, re.MULTILINE))
    assert {"check", "migrate", "collectstatic", "make_signing_key", "create_staff", "production_check"} <= asked
    assert asked <= get_commands().keys()
