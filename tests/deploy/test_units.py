"""deploy/: systemd understands the units and finds them well locked up, and the other files are what their programs understand."""

import re
import shutil
import subprocess
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest
from django.core.management import get_commands, load_command_class

from bench.own_servers import ROOT, OwnPostgres, can_have_postgres

DEPLOY = ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").iterdir())
SERVICES = [unit for unit in UNITS if unit.suffix == ".service"]
EXPOSURE = 1.6
"""The score that systemd gives to the site's own services: 0 is closed, 10 is open. `systemd-analyze security --offline=yes deploy/systemd/…`"""
needs_systemd = pytest.mark.skipif(
    not shutil.which("systemd-analyze"), reason="systemd-analyze is not installed: `apt install systemd`, or .ci/run, which installs it"
)
needs_nft = pytest.mark.skipif(
    not (shutil.which("nft") or Path("/usr/sbin/nft").exists()), reason="nft is not installed: `apt install nftables`, or .ci/run"
)


def values_of(name: str, unit: Path) -> list[str]:
    return re.findall(rf"^{name}=(.*)$", unit.read_text(), re.MULTILINE)


@needs_systemd
def test_systemd_understands_every_unit(tmp_path):
    """On a machine without the site: its programs are /bin/true here, and its user is one that is there."""
    copies = []
    for unit in UNITS:
        text = re.sub(r"/srv/infacta/(\.venv/bin/\w+|deploy/tell-failure)", "/bin/true", unit.read_text())
        copies.append(tmp_path / unit.name)
        copies[-1].write_text(text)
    said = subprocess.run(["systemd-analyze", "verify", "--man=no", *copies], capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stderr
    assert not [line for line in said.stderr.splitlines() if str(tmp_path) in line], said.stderr


@needs_systemd
@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.name)
def test_every_service_is_locked_up(unit, tmp_path):
    named = tmp_path / unit.name.replace("@", "@one")
    named.write_text(unit.read_text())
    command = ["systemd-analyze", "security", "--offline=yes", "--no-pager", str(named)]
    said = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    score = float(re.search(r"exposure level for \S+: ([\d.]+)", said)[1])
    assert score <= (3 if "failed@" in unit.name else EXPOSURE), said


@pytest.mark.parametrize("unit", [unit for unit in SERVICES if "failed@" not in unit.name], ids=lambda unit: unit.name)
def test_every_service_is_the_sites_user_and_somebody_hears_of_its_failure(unit):
    assert values_of("User", unit) == values_of("Group", unit) == ["infacta"]
    assert values_of("EnvironmentFile", unit) == ["/etc/infacta/environment"]
    assert values_of("OnFailure", unit) == ["infacta-failed@%n.service"]
    assert values_of("UMask", unit) == ["0027"]
    assert values_of("ReadWritePaths", unit)[0].split()[0] == "/var/lib/infacta"
    assert "WatchdogSec" not in re.sub("^#.*$", "", unit.read_text(), flags=re.MULTILINE), "nothing here tells systemd that it is alive"


@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.name)
def test_every_command_is_one_with_these_options(unit):
    for line in values_of("ExecStart", unit):
        found = re.search(r"manage\.py (\w+)(.*)", line)
        if not found or found[1] == "backup":  # docs/backup.md
            continue
        parser = load_command_class(get_commands()[found[1]], found[1]).create_parser("manage.py", found[1])
        parser.parse_args([word for word in found[2].split() if word != "--quiet"])


def test_every_timer_has_its_service_and_each_service_of_one_shot_its_timer():
    timers = {unit.stem for unit in UNITS if unit.suffix == ".timer"}
    one_shot = {unit.stem for unit in SERVICES if values_of("Type", unit) == ["oneshot"] and "@" not in unit.name}
    assert timers == one_shot


def test_only_the_web_service_reloads():
    assert [unit.name for unit in SERVICES if values_of("ExecReload", unit)] == ["infacta-web.service"]
    assert values_of("Type", DEPLOY / "systemd/infacta-web.service") == ["notify"]


def test_who_answers_strangers_sees_no_backup():
    assert values_of("InaccessiblePaths", DEPLOY / "systemd/infacta-web.service") == ["-/var/backups/infacta"]
    for name in ("worker", "backup", "check-promises"):
        assert not values_of("InaccessiblePaths", DEPLOY / f"systemd/infacta-{name}.service"), "these look at them"


def test_code_that_cannot_start_is_not_reloaded():
    """gunicorn's master ends if a new worker cannot read the site (Arbiter.reap_workers raises HaltServer), and the old workers with it."""
    check, reload = values_of("ExecReload", DEPLOY / "systemd/infacta-web.service")
    assert check.endswith("manage.py check --deploy")
    assert reload == "/bin/kill -HUP $MAINPID"


# The others


@pytest.mark.parametrize("script", ["manage", "tell-failure"])
def test_scripts_are_executable_and_what_a_shell_understands(script):
    path = DEPLOY / script
    assert path.stat().st_mode & 0o111
    subprocess.run(["sh", "-n", path], check=True)


@needs_nft
def test_the_firewall_is_understood():
    nft = shutil.which("nft") or "/usr/sbin/nft"
    said = subprocess.run([nft, "--check", "--file", DEPLOY / "nftables/infacta.nft"], capture_output=True, text=True, check=False)
    if "Operation not permitted" in said.stderr:
        pytest.skip("only root may ask nft whether it understands a file")
    assert said.returncode == 0, said.stderr


@pytest.mark.skipif(not can_have_postgres(), reason="needs PostgreSQL's own programs, and a user who may run them: .ci/run")
def test_postgresql_lets_in_the_sites_user_with_its_password_and_nobody_else():
    """Into the site's database, and into the one in which docs/backup.md tries a backup once a quarter."""
    server = OwnPostgres()
    try:
        with closing(psycopg2.connect(server.url)) as opened, opened.cursor() as cursor:
            cursor.execute("CREATE ROLE infacta LOGIN PASSWORD 'right'")
            opened.commit()
        server.run("createdb", "-h", "127.0.0.1", "-p", str(server.port), "-U", "postgres", "--owner", "infacta", "infacta_trial")
        (Path(server.data) / "pg_hba.conf").write_text((DEPLOY / "postgresql/pg_hba.conf").read_text())
        server.restart()
        for database in ("infacta", "infacta_trial"):
            psycopg2.connect(f"postgres://infacta:right@127.0.0.1:{server.port}/{database}").close()
        for stranger in ("infacta:wrong@127.0.0.1:{}/infacta", "infacta:right@127.0.0.1:{}/postgres", "postgres@127.0.0.1:{}/infacta"):
            with pytest.raises(psycopg2.OperationalError):
                psycopg2.connect("postgres://" + stranger.format(server.port))
    finally:
        server.end()


@pytest.mark.skipif(not shutil.which("systemd-tmpfiles"), reason="systemd-tmpfiles is not installed: `apt install systemd`")
def test_folders_are_made_with_their_modes(tmp_path):
    """systemd-tmpfiles makes them below a folder of the test's own."""
    owner, group = tmp_path.owner(), tmp_path.group()
    configuration = tmp_path / "infacta.conf"
    text = (DEPLOY / "tmpfiles/infacta.conf").read_text()
    configuration.write_text(
        re.sub(r"(\d{4}) \w+ +\w+ ", rf"\1 {owner} {group} ", text)
        .replace(" /var/", f" {tmp_path}/var/")
        .replace(" /etc/", f" {tmp_path}/etc/")
    )
    subprocess.run(["systemd-tmpfiles", "--create", configuration], check=True, capture_output=True)
    made = {str(path.relative_to(tmp_path)): oct(path.stat().st_mode & 0o777) for path in tmp_path.rglob("*") if path.is_dir()}
    assert made["var/lib/infacta"] == made["var/lib/infacta/releases"] == "0o750"
    assert made["var/lib/infacta/case-keys"] == made["etc/infacta"] == made["var/backups/infacta"] == "0o700"


@pytest.mark.skipif(not shutil.which("redis-server"), reason="redis-server is not installed: .ci/run installs it")
def test_redis_understands_its_file(tmp_path):
    """It starts with it, keeps what it is told, and needs the password."""
    (tmp_path / "password.conf").write_text("requirepass a-password-of-the-test\n")
    text = (DEPLOY / "redis/infacta.conf").read_text()
    text = text.replace("/etc/redis/infacta-password.conf", str(tmp_path / "password.conf"))
    text = text.replace("bind 127.0.0.1 -::1", "").replace("port 6379", f"port 0\nunixsocket {tmp_path}/redis.sock\ndir {tmp_path}")
    (tmp_path / "redis.conf").write_text(text)
    server = subprocess.Popen(["redis-server", tmp_path / "redis.conf"], stdout=subprocess.DEVNULL)
    try:
        ask = ["redis-cli", "-s", f"{tmp_path}/redis.sock"]
        for _try in range(100):
            if "NOAUTH" in subprocess.run([*ask, "ping"], capture_output=True, text=True, check=False).stdout:
                break
        known = [*ask, "--no-auth-warning", "-a", "a-password-of-the-test"]
        for name, value in (("maxmemory-policy", "noeviction"), ("appendonly", "yes")):
            assert subprocess.run([*known, "config", "get", name], capture_output=True, text=True, check=True).stdout.split() == [
                name,
                value,
            ]
        assert "unknown command" in subprocess.run([*known, "flushall"], capture_output=True, text=True, check=True).stdout
    finally:
        server.terminate()
        server.wait(10)


def test_the_sites_own_log_is_kept_as_long_as_promised():
    assert "MaxRetentionSec=30day" in (DEPLOY / "journald/infacta.conf").read_text()
