"""Every address of the site, read from its own URL patterns so that a walk forgets none; and what stands in a page."""

import re
from collections.abc import Iterable, Iterator
from html import unescape
from html.parser import HTMLParser

from django.contrib import admin
from django.http import HttpResponseBase
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

ARGUMENT = re.compile(r"<(?:\w+:)?(\w+)>|\(\?P<(\w+)>[^)]*\)")


def addresses(**values: object) -> list[str]:
    """Every address outside the staff area, with the values put in for its arguments; a new argument must be given a value."""
    return [filled(route, values) for route in routes(get_resolver().url_patterns) if not route.startswith("staff/")]


def staff_addresses() -> list[str]:
    """Every address of the staff area: the pages without arguments, and those of each model and of its first row."""
    found = [f"/{route}" for route in routes(get_resolver().url_patterns) if route.startswith("staff/") and not ARGUMENT.search(route)]
    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        if row := model._default_manager.first():
            found += [reverse(f"{name}_{page}", args=[row.pk]) for page in ("change", "history", "delete")]
    return found


def routes(patterns: Iterable[URLPattern | URLResolver], before: str = "") -> Iterator[str]:
    for pattern in patterns:
        route = before + str(pattern.pattern).removeprefix("^").removesuffix("$")
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, route)
        else:
            yield route


def filled(route: str, values: dict[str, object]) -> str:
    return "/" + ARGUMENT.sub(lambda argument: str(values[argument[1] or argument[2]]), route)


def html_of(client: Client, paths: Iterable[str]) -> dict[str, str]:
    """The pages among these addresses: whatever is answered with HTML, errors too."""
    answers = {path: read(client, path) for path in paths}
    return {path: answer.content.decode() for path, answer in answers.items() if is_page(answer)}


def read(client: Client, path: str) -> HttpResponseBase:
    """The answer of this address; where it is a redirect to itself, as the log-in page's to a browser that it does not know, the second one."""
    answer = client.get(path)
    return client.get(answer["Location"]) if answer.get("Location", "").startswith(f"{path}?") else answer


def fields_on(client: Client, path: str) -> dict[str, str]:
    """What a browser would send of the forms on this page, if the person changed nothing."""
    return Tags(client.get(path).content.decode()).fields()


def is_page(answer: HttpResponseBase) -> bool:
    return answer.get("Content-Type", "").startswith("text/html") and not answer.streaming and bool(answer.content)


def words_of(html: str) -> str:
    """What a person reads: without tags, with single spaces."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", html)).split())


def footer_of(html: str) -> str:
    return html.partition("<footer>")[2] or html.partition('<footer id="footer">')[2]


class Tags(HTMLParser):
    """The tags of a page with their attributes, in order, and the text inside of <script> and <style>."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self.code = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        if self.cdata_elem:
            self.code += data.strip()

    def links(self) -> list[str]:
        return [attributes["href"] for tag, attributes in self.found if tag == "a" and "href" in attributes]

    def fields(self) -> dict[str, str]:
        """What a browser would send of the forms on the page, if the person changed nothing."""
        sent, select = {}, ""
        for tag, attributes in self.found:
            name = attributes.get("name", "")
            if tag == "input" and name and (attributes.get("type") not in ("checkbox", "radio") or "checked" in attributes):
                sent[name] = attributes.get("value", "on" if attributes.get("type") == "checkbox" else "")
            elif tag == "select":
                select = name
            elif tag == "option" and (select not in sent or "selected" in attributes):
                sent[select] = attributes.get("value", "")
        return sent
