"""Downloads: many clicks at once, real clients through both servers, what X-Accel costs, and how fast nginx's log is read."""

import hashlib
import multiprocessing
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

from django.core.management import call_command
from django.db import connection
from django.db.models import Sum
from django.utils import timezone

from bench import stage
from bench.cast import MEGABYTE, PASSWORD, make_customer, make_file, make_product
from bench.clients import Browser, click_download, click_downloads, logged_in, open_download, seconds_to_get
from bench.figures import Figure
from bench.foundation import at_most_none, wait_until
from downloads.models import DownloadSession, Entitlement, Release, ReleaseFile
from downloads.models.allowance import Actor

SITE, FRONT = 8240, 8241
CLICKS = 64
CUSTOMERS, CLICKS_EACH, CLIENTS = 50, 60, 8
LARGE = 200 * MEGABYTE
CLIENTS_FILE = 60 * MEGABYTE
FETCHES = 60
LINES, SESSIONS = 1_000_000, 200_000
LOG_FORMAT = (
    "log_format infacta_downloads '$msec $request_id $upstream_http_x_download_session $request_method $status $body_bytes_sent "
    '"$sent_http_content_range" "$request_completion"\';'
)


def clicks() -> Iterator[Figure]:
    """64 clicks at the same moment where five downloads are left; and how many clicks a second many customers get through."""
    files = small_files(CLICKS)
    customer = make_customer("clicks@example.com", downloads=0)
    owned = bought(customer, files)
    assert owned.remaining == 5
    with stage.gunicorn("infacta.wsgi", SITE, GUNICORN_CMD_ARGS="--threads 32"):
        statuses = click_at_once(logged_in(SITE, customer, PASSWORD), owned, files)
    owned.refresh_from_db()
    yield Figure("64 clicks at once with 5 left: downloads taken", statuses.count(303), goal=5)
    yield at_most_none("… sessions too many or missing", abs(owned.download_sessions.count() - 5))
    yield at_most_none("… downloads used too many or missing", abs(owned.downloads_used - 5))
    yield at_most_none("… answers other than a download or a refusal", len(statuses) - statuses.count(303) - statuses.count(403))
    yield at_most_none("… ledgers that do not sum", Entitlement.objects.not_summing().count())
    yield from clicks_a_second(files)


def clicks_a_second(files: list[ReleaseFile]) -> Iterator[Figure]:
    """Each click spends a download, writes the session, the ledger and the audit log, and is answered with the way to the file."""
    customers = [make_customer(f"clicks{number}@example.com", downloads=0) for number in range(CUSTOMERS)]
    rights = [bought(customer, files) for customer in customers]
    for owned in rights:
        owned.allow_more(CLICKS_EACH)
    with stage.gunicorn("infacta.wsgi", SITE) as process, multiprocessing.get_context("spawn").Pool(CLIENTS) as clients:
        browsers = [logged_in(SITE, customer, PASSWORD) for customer in customers]
        for browser in browsers:
            browser.request("GET", "/resources/")
        work = [
            (SITE, browser.cookie_header, browser.token, owned.pk, [file.pk for file in files[:CLICKS_EACH]])
            for browser, owned in zip(browsers, rights, strict=True)
        ]
        clients.map(abs, range(CLIENTS))  # the clients are there before the clock runs
        began, before = time.perf_counter(), stage.cpu_of(process)
        taken = sum(clients.starmap(click_downloads, work, chunksize=1))
        took, site_took = time.perf_counter() - began, stage.cpu_of(process) - before
    yield Figure("clicks taken, of many customers", taken, goal=CUSTOMERS * CLICKS_EACH)
    yield Figure("clicks a second, of many customers", taken / took, goal=300)
    yield Figure("… processor time of the site for a click", site_took / taken * 1000, "ms")


def small_files(count: int) -> list[ReleaseFile]:
    """As many releases of one product, each with a file of its own on the disk."""
    product = make_product("CLICKS")
    path = stage.FOLDER / "releases" / "small.bin"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"small")
    files = []
    for number in range(count):
        release = Release.objects.create(product=product, version=f"1.{number}")
        facts = {"size": 5, "sha256": hashlib.sha256(b"small").hexdigest()}
        files.append(ReleaseFile.objects.create(release=release, file="small.bin", name=f"clicks-1.{number}.bin", **facts))
    return files


def bought(customer, files: list[ReleaseFile]) -> Entitlement:
    return Entitlement.objects.grant(customer, files[0].release.product, None, 1, Actor.SITE, "bench")


def click_at_once(browser: Browser, owned: Entitlement, files: list[ReleaseFile]) -> list[int]:
    """Each click in a thread of its own, on a file of its own."""
    browser.request("GET", "/resources/")
    start = Barrier(len(files))

    def click(file: ReleaseFile) -> int:
        start.wait()
        return click_download(SITE, browser.cookie_header, browser.token, owned.pk, file.pk)

    with ThreadPoolExecutor(len(files)) as threads:
        return list(threads.map(click, files))


# Real clients


def real_clients() -> Iterator[Figure]:
    """curl, killed and resumed, and aria2c with eight connections: through Python and through nginx."""
    for number, way in enumerate(("python", "nginx")):
        for client in ("curl", "aria2c"):
            customer = make_customer(f"{client}{number}@example.com", downloads=0)
            file = make_file(customer, CLIENTS_FILE, f"{9 + number}.{client == 'curl':d}")
            log = stage.FOLDER / f"{way}.{client}.downloads.log"
            with stage.gunicorn("infacta.wsgi", SITE, DOWNLOADS_DELIVERY=way, GUNICORN_CMD_ARGS="--threads 16"), front(log):
                yield from fetched_by(client, way, customer, file, log)


def front(log: Path):
    """nginx before the site, as deploy/nginx/infacta.conf has it."""
    location = f"internal; alias {stage.FOLDER}/releases/; max_ranges 1; access_log {log} infacta_downloads;"
    proxy = f"proxy_pass http://127.0.0.1:{SITE}; proxy_set_header Host $host;"
    return stage.nginx(f"location /protected-releases/ {{ {location} }} location / {{ {proxy} }}", FRONT, http=LOG_FORMAT)


def fetched_by(client: str, way: str, customer, file: ReleaseFile, log: Path) -> Iterator[Figure]:
    browser = logged_in(FRONT, customer, PASSWORD)
    owned = customer.entitlements.get(product=file.release.product)
    path = open_download(browser, owned, file)
    target = stage.FOLDER / f"{way}.{client}.bin"
    fetch = by_curl_killed if client == "curl" else by_aria2c
    fetch(f"http://127.0.0.1:{FRONT}{path}", browser.cookie_header, target)
    digest = hashlib.sha256(target.read_bytes()).hexdigest()
    wait_until(lambda: is_complete(file, log), most=20)
    session = DownloadSession.objects.get(file=file)
    owned.refresh_from_db()
    yield at_most_none(f"{client} through {way}: wrong digests", digest != file.sha256)
    yield at_most_none(f"{client} through {way}: downloads used too many or missing", abs(owned.downloads_used - 1))
    yield at_most_none(f"{client} through {way}: not complete", session.completed_at is None)
    yield Figure(f"{client} through {way}: requests", session.requests_begun)


def by_curl_killed(url: str, cookies: str, target: Path) -> None:
    curl = ["curl", "-sS", "-f", "-b", cookies, "-o", str(target)]
    killed = subprocess.Popen([*curl, "--limit-rate", "20M", url])
    wait_until(lambda: target.exists() and target.stat().st_size > 10 * MEGABYTE, most=20)
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    subprocess.run([*curl, "-C", "-", url], check=True)


def by_aria2c(url: str, cookies: str, target: Path) -> None:
    command = [stage.need("aria2c", "aria2"), "-q", "-x", "8", "-s", "8", "-k", "1M", f"--header=Cookie: {cookies}"]
    subprocess.run([*command, "-d", str(target.parent), "-o", target.name, url], check=True)


def is_complete(file: ReleaseFile, log: Path) -> bool:
    if log.exists():
        call_command("import_access_log", str(log), verbosity=0)
    return DownloadSession.objects.filter(file=file).exclude(completed_at=None).exists()


# What a download costs the site when nginx sends it


def cost_of_size() -> Iterator[Figure]:
    """Processor time of the web process for each download that nginx sends, of a small and of a large file, in turn."""
    customer = make_customer("cost@example.com", downloads=0)
    with stage.gunicorn("infacta.wsgi", SITE, workers=1, DOWNLOADS_DELIVERY="nginx") as process, front(stage.FOLDER / "cost.log"):
        browser = logged_in(FRONT, customer, PASSWORD)
        owned = customer.entitlements.order_by("pk").first()
        paths = {}
        for version, size in (("20.0", MEGABYTE), ("20.1", LARGE)):
            file = make_file(customer, size, version, owned.product)
            paths[size] = open_download(browser, owned, file)
        took = dict.fromkeys(paths, 0.0)
        for _fetch in range(FETCHES):
            for size, path in paths.items():
                before = stage.cpu_of(process)
                seconds_to_get(f"http://127.0.0.1:{FRONT}{path}", size, browser.cookie_header)
                took[size] += stage.cpu_of(process) - before
    small, large = (took[size] / FETCHES * 1000 for size in (MEGABYTE, LARGE))
    yield Figure("1 MB through X-Accel-Redirect, processor time of the site", small, "ms")
    yield Figure("200 MB through X-Accel-Redirect, processor time of the site", large, "ms")
    yield Figure("200 MB / 1 MB, processor time of the site", large / small, goal=1.2, at_most=True)


# Reading nginx's log


def log_import() -> Iterator[Figure]:
    """A million lines of 200,000 downloads with five requests each, as they overlap; by the command, in a process of its own."""
    log = stage.FOLDER / "million.downloads.log"
    write_log(log, many_sessions())
    began = time.perf_counter()
    read(log)
    yield Figure("nginx's log, lines read a second", LINES / (time.perf_counter() - began), goal=50_000)
    sums = sums_of_sessions()
    yield at_most_none("… requests missing or too many", abs(sums["ended"] - LINES))
    yield at_most_none("… downloads not complete", DownloadSession.objects.filter(browser="bench", completed_at=None).count())
    began = time.perf_counter()
    read(log)
    yield Figure("… the same log again, seconds", time.perf_counter() - began)
    yield at_most_none("… the same log again, what changed", sums_of_sessions() != sums)


def read(log: Path) -> None:
    subprocess.run([sys.executable, "manage.py", "import_access_log", "--verbosity", "0", str(log)], cwd=stage.ROOT, check=True)


def sums_of_sessions() -> dict[str, int]:
    return DownloadSession.objects.filter(browser="bench").aggregate(sent=Sum("bytes_sent"), ended=Sum("requests_ended"))


def many_sessions() -> list[int]:
    """Downloads of a file of 5 MB, five requests each, that nginx has answered."""
    customer = make_customer("log@example.com", downloads=0)
    owned = customer.entitlements.order_by("pk").first()
    release = Release.objects.create(product=owned.product, version="30.0")
    file = ReleaseFile.objects.create(release=release, file="none", name="log.bin", size=5_000_000, sha256="0" * 64)
    columns = (
        "key, entitlement_id, file_id, opened_at, valid_until, closed_at, bytes_sent, end_sent, requests_begun, requests_ended, browser"
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO downloads_downloadsession ({columns}) "
            "SELECT gen_random_uuid(), %s, %s, now() - interval '2 hours', now() + interval '1 day', now(), 0, false, 5, 0, 'bench' "
            "FROM generate_series(1, %s) RETURNING id",
            [owned.pk, file.pk, SESSIONS],
        )
        numbers = [number for (number,) in cursor.fetchall()]
        cursor.execute("ANALYZE downloads_downloadsession")
    return numbers


def write_log(log: Path, sessions: list[int]) -> None:
    """Five parts of each download, spread over the two thousand lines that follow its first."""
    rng, parts = random.Random(4), LINES // SESSIONS
    places = sorted((number * parts + rng.random() * 2000, number, part) for number in range(SESSIONS) for part in range(parts))
    start = timezone.now().timestamp() - 3600
    with log.open("w") as file:
        for line, (_place, number, part) in enumerate(places):
            first = part * 1_000_000
            file.write(
                f"{start + line / 1000:.3f} {os.urandom(16).hex()} {sessions[number]} GET 206 1000000 "
                f'"bytes {first}-{first + 999_999}/5000000" "OK"\n'
            )


MEASURES = (clicks, real_clients, cost_of_size, log_import)
