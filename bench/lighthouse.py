"""Lighthouse (npm) on the pages that matter, over HTTPS as in production: gunicorn behind nginx with TLS and HTTP/2."""

import contextlib
import json
import os
import re
import ssl
import statistics
import subprocess
from collections.abc import Iterator
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, HTTPSHandler, Request, build_opener

from bench import stage
from bench.cast import PASSWORD, make_customer
from bench.figures import Figure

VERSION = "12.8.2"
ROUNDS = 3
PLAIN_PORT, PORT, SITE_PORT = 8494, 8493, 8492
SITE = f"https://localhost:{PORT}"
PAGES = {"home": "/", "product": "/products/page-0/", "log-in": "/resources/log-in/", "downloads": "/resources/"}
GOALS = {"accessibility": 100, "best-practices": 100, "performance": 95, "seo": None}
PRESETS = {"phone": [], "desktop": ["--preset=desktop"]}
CHROME = "--headless=new --no-sandbox --disable-gpu --no-first-run --ignore-certificate-errors --disable-background-networking --disable-component-update"
SERVER = """
    listen 127.0.0.1:{port} ssl http2;
    ssl_certificate {folder}/certificate.pem; ssl_certificate_key {folder}/key.pem;
    location /static/ {{ alias {static}/; gzip_static on; add_header Cache-Control "public, max-age=31536000, immutable"; }}
    location / {{
        proxy_pass http://127.0.0.1:{site};
        proxy_set_header Host $http_host; proxy_set_header X-Forwarded-Proto https; proxy_set_header X-Forwarded-For $remote_addr;
    }}
"""
HTTP = "include /etc/nginx/mime.types; gzip on; gzip_proxied any; gzip_types text/css application/javascript image/svg+xml;"


def program() -> str:
    """The path of Lighthouse, installed once beside the site's other things of npm."""
    path = stage.ROOT / "node_modules" / ".bin" / "lighthouse"
    if not path.exists():
        npm = stage.need("npm", "npm")
        subprocess.run(
            [npm, "install", "--no-save", "--no-package-lock", "--silent", "--no-audit", "--no-fund", f"lighthouse@{VERSION}"],
            cwd=stage.ROOT,
            check=True,
        )
    return str(path)


@contextlib.contextmanager
def site() -> Iterator[None]:
    """The site behind TLS, with a certificate of its own."""
    folder = stage.FOLDER
    command = [stage.need("openssl", "openssl"), "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    subprocess.run([*command, "-keyout", folder / "key.pem", "-out", folder / "certificate.pem"], check=True, capture_output=True)
    server = SERVER.format(port=PORT, folder=folder, static=folder / "static", site=SITE_PORT)
    with stage.gunicorn("infacta.wsgi", SITE_PORT, SITE_URL=SITE), stage.nginx(server, PLAIN_PORT, HTTP):
        yield


def logged_in(email: str) -> str:
    """The cookies of a browser in which a customer has logged in, as a header."""
    jar = CookieJar()
    context = ssl._create_unverified_context()
    browser = build_opener(HTTPSHandler(context=context), HTTPCookieProcessor(jar))
    address = f"{SITE}/resources/log-in/"
    token = re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', browser.open(address).read().decode())[-1]
    form = urlencode({"csrfmiddlewaretoken": token, "email": email, "password": PASSWORD}).encode()
    landed = browser.open(Request(address, form, {"Referer": address}))
    assert landed.url == f"{SITE}/resources/", landed.url
    return "; ".join(f"{cookie.name}={cookie.value}" for cookie in jar)


def scores(lighthouse: str, path: str, preset: str, cookies: str) -> tuple[dict[str, float], list[str]]:
    """Lighthouse's scores of one visit, 100 being all; and what it found fault with."""
    report = stage.FOLDER / "lighthouse.json"
    command = [lighthouse, SITE + path, "--quiet", "--output=json", f"--output-path={report}", f"--chrome-flags={CHROME}", *PRESETS[preset]]
    command += [f"--only-categories={','.join(GOALS)}"]
    if cookies:
        command.append(f"--extra-headers={json.dumps({'Cookie': cookies})}")
    environment = os.environ | {"CHROME_PATH": stage.need("chromium", "chromium")}
    subprocess.run(command, check=True, env=environment, capture_output=True, timeout=180)
    found = json.loads(Path(report).read_text())
    assert found["finalDisplayedUrl"].partition("?")[0] == SITE + path, found["finalDisplayedUrl"]
    return {name: category["score"] * 100 for name, category in found["categories"].items()}, faults_in(found)


def faults_in(report: dict) -> list[str]:
    """The audits that cost points, with what they say."""
    audits = [
        (name, report["audits"][ref["id"]])
        for name, category in report["categories"].items()
        for ref in category["auditRefs"]
        if ref["weight"]
    ]
    return [
        f"{name}: {audit['title']} ({audit.get('displayValue', '')})"
        for name, audit in audits
        if audit["score"] is not None and audit["score"] < 0.9
    ]


def pages() -> Iterator[Figure]:
    lighthouse = program()
    customer = make_customer("lighthouse@example.com", downloads=20)
    with site():
        cookies = logged_in(customer.email)
        for preset in PRESETS:
            for page, path in PAGES.items():
                yield from visits(lighthouse, page, path, preset, cookies if page == "downloads" else "")


def visits(lighthouse: str, page: str, path: str, preset: str, cookies: str) -> Iterator[Figure]:
    """The median of several visits: performance varies with what else the machine does."""
    found = [scores(lighthouse, path, preset, cookies) for _round in range(ROUNDS)]
    for fault in sorted({fault for _scores, faults in found for fault in faults}):
        print(f"lighthouse: {page}, {preset}: {fault}")
    for category, goal in GOALS.items():
        yield Figure(f"{page}, {preset}, {category}", statistics.median(each[category] for each, _faults in found), goal=goal)


MEASURES = (pages,)
