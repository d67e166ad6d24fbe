"""D4: customers come over HTTPS, staff through the admin, operators by commands."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.customer import log_in
from tests.server import ask, served
from tests.staff import staff_log_in

ROOT = Path(__file__).resolve().parents[2]
HOST = "customers.vendor.example"


def test_d04_customers_are_led_to_https_and_served_there(tmp_path):
    with served(tmp_path, SITE_URL=f"https://{HOST}", TRUSTED_PROXIES="127.0.0.1") as port:
        plain = ask(port, "/resources/log-in/", Host=HOST)
        assert (plain.status, plain.headers["Location"]) == (301, f"https://{HOST}/resources/log-in/")
        secured = ask(port, "/resources/log-in/", Host=HOST, X_Forwarded_Proto="https", Cookie="__Secure-cookie_check=1")
        assert secured.status == 200


@pytest.mark.django_db
def test_d04_staff_work_in_an_area_of_their_own(ada, alice):
    assert staff_log_in(ada).get("/staff/accounts/user/").status_code == 200
    assert log_in(alice).get("/staff/accounts/user/")["Location"].startswith("/staff/login/"), "which is closed to customers"


def test_d04_operators_ask_the_site_on_the_command_line(tmp_path):
    """In a process of its own, against an installation that was only just made."""
    environment = {"PATH": os.environ["PATH"], "INFACTA_MODE": "development", "DATA_DIR": str(tmp_path), "ENV_FILE": os.devnull}

    def manage(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([sys.executable, "manage.py", *words], cwd=ROOT, env=environment, capture_output=True, text=True, check=False)

    assert manage("migrate", "--verbosity", "0").returncode == 0
    assert manage("collectstatic", "--noinput", "--verbosity", "0").returncode == 0
    told = manage("check_promises", "--json")
    assert told.returncode == 0, told.stderr
    promises = {promise["number"]: promise["outcome"] for promise in json.loads(told.stdout)["promises"]}
    assert (promises["C1"], promises["C3"], promises["D2"], promises["C2"]) == ("kept", "kept", "kept", "cannot tell")
    assert promises["G1"] == "cannot tell", "no destroyer has run here yet"
    assert manage("check_promises", "--strict").returncode == 2
