"""The queue of findings as staff read it."""

import re

from django.test import Client

from tests.pages import words_of

QUEUE = "/staff/accounts/misusefinding/"


def page_of(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200
    return words_of(response.content.decode())


def rows_of(html: str) -> list[str]:
    body = re.search(r"<tbody>(.*?)</tbody>", html.partition('id="result_list"')[2], re.DOTALL)
    return [words_of(row) for row in re.findall(r"<tr>.*?</tr>", body[1], re.DOTALL)] if body else []


def queue(client: Client, **filters: str) -> list[str]:
    return rows_of(client.get(QUEUE, filters).content.decode())
