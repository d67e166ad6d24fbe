"""The clients of the benchmarks: they speak HTTP as browsers and partners do, and know nothing of Django."""

import http.client
import json
import os
import re
import subprocess
import time
import uuid
from datetime import UTC, datetime
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlencode

import argon2
from standardwebhooks import Webhook

from bench import stage

FORM = "application/x-www-form-urlencoded"
TOKEN = re.compile(rb'name="csrfmiddlewaretoken" value="(\w+)"')


class Browser:
    """Keeps cookies, and sends the CSRF token of the page that it read last."""

    def __init__(self, port: int) -> None:
        self.port, self.cookies, self.token = port, SimpleCookie(), ""

    @property
    def cookie_header(self) -> str:
        return "; ".join(f"{name}={morsel.value}" for name, morsel in self.cookies.items() if morsel.value)

    def request(self, method: str, path: str, body: str = "") -> http.client.HTTPResponse:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request(method, path, body, {"Cookie": self.cookie_header, "Content-Type": FORM})
        answer = connection.getresponse()
        for value in answer.headers.get_all("Set-Cookie", []):
            self.cookies.load(value)
        found = TOKEN.search(answer.read())
        self.token = found[1].decode() if found else self.token
        return answer

    def visit(self, path: str) -> http.client.HTTPResponse:
        """Read a page, wherever its address leads: the log-in page first finds out by a redirect whether cookies work."""
        answer = self.request("GET", path)
        return self.visit(answer.headers["Location"]) if answer.status in (302, 303) else answer

    def post(self, path: str, **values: str) -> http.client.HTTPResponse:
        return self.request("POST", path, urlencode(values | {"csrfmiddlewaretoken": self.token}))


def logged_in(port: int, customer: Any, password: str) -> Browser:
    browser = Browser(port)
    browser.visit("/resources/log-in/")
    answer = browser.post("/resources/log-in/", email=customer.email, password=password)
    assert answer.status == 302, f"the log-in was answered with {answer.status}"
    return browser


def log_in_many(email: str, password: str, times: int) -> float:
    """How long so many log-ins of one customer take; each browser reads the page with the form before, which is not counted.

    Runs in a process of its own, as does `hash_many`.
    """
    browsers = [Browser(8190) for _number in range(times)]
    for browser in browsers:
        browser.visit("/resources/log-in/")
    began = time.perf_counter()
    answers = {browser.post("/resources/log-in/", email=email, password=password).status for browser in browsers}
    took = time.perf_counter() - began
    assert answers == {302}, f"the log-ins were answered with {answers}"
    return took


def hash_many(encoded: str, password: str, times: int) -> float:
    """How long it takes to hash the password so many times, and nothing else; `encoded` is as Django keeps it."""
    began = time.perf_counter()
    for _number in range(times):
        argon2.PasswordHasher().verify(encoded.removeprefix("argon2"), password)
    return time.perf_counter() - began


def open_download(browser: Browser, entitlement: Any, file: Any) -> str:
    """Presses the download button; gives the path of the file."""
    browser.request("GET", "/resources/")
    answer = browser.post(f"/resources/downloads/{entitlement.pk}/", file=str(file.pk))
    assert answer.status == 303, f"the download button was answered with {answer.status}"
    return answer.headers["Location"]


def click_download(port: int, cookies: str, token: str, owned: int, file: int) -> int:
    """The status that answers a click on a Download button; the page with the button was read before."""
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    body = urlencode({"csrfmiddlewaretoken": token, "file": file})
    client.request("POST", f"/resources/downloads/{owned}/", body, {"Cookie": cookies, "Content-Type": FORM})
    answer = client.getresponse()
    answer.read()
    client.close()
    return answer.status


def click_downloads(port: int, cookies: str, token: str, owned: int, files: list[int]) -> int:
    """How many clicks of one customer, one after the other, led to the file. Runs in a process of its own."""
    return sum(click_download(port, cookies, token, owned, file) == 303 for file in files)


def seconds_to_get(url: str, size: int, cookies: str = "") -> float:
    """How long curl takes to fetch the first `size` bytes to nowhere; all of them must arrive."""
    command = [
        "curl",
        "-sS",
        "-o",
        os.devnull,
        "-w",
        "%{time_total} %{size_download}",
        "-H",
        f"Cookie: {cookies}",
        "-r",
        f"0-{size - 1}",
        url,
    ]
    seconds, arrived = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    assert int(arrived) == size, f"{arrived} bytes arrived from {url}"
    return float(seconds)


def purchase_body(number: int, codes: list[str]) -> bytes:
    """One purchase of several products, in the site's own format (docs/partners.md)."""
    return json.dumps(
        {
            "type": "purchase.completed",
            "timestamp": "2026-01-02T03:04:05Z",
            "data": {
                "order_reference": f"BENCH-{number}",
                "purchased_at": "2026-01-02T03:04:05Z",
                "buyer": {"name": f"Buyer {number}", "email": f"buyer{number}@example.com"},
                "lines": [{"line_number": line, "product_code": code, "quantity": 1} for line, code in enumerate(codes, start=1)],
            },
        }
    ).encode()


def post_twice(bodies: list[bytes]) -> int:
    """Post each body twice, signed by the scheme's own SDK; how many were answered with 200. Runs in a process of its own."""
    webhook, accepted = Webhook(stage.SECRET), 0
    for body in bodies:
        identifier, now = f"msg_{uuid.uuid4().hex}", datetime.now(UTC)
        headers = {
            "Content-Type": "application/json",
            "webhook-id": identifier,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": webhook.sign(identifier, now, body.decode()),
        }
        for _time in range(2):
            connection = http.client.HTTPConnection("127.0.0.1", 8190, timeout=60)
            connection.request("POST", "/partners/standard-webhooks/notify/", body, headers)
            answer = connection.getresponse()
            answer.read()
            accepted += answer.status == 200
            connection.close()
    return accepted
