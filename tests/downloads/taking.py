"""What tests of downloads share: the Download button, the file behind it, and what is left afterwards."""

from django.test import Client

from downloads.models import Entitlement


def press(client: Client, entitlement: Entitlement, file) -> str:
    """The path that the Download button leads to."""
    response = client.post(f"/resources/downloads/{entitlement.pk}/", {"file": file.pk})
    assert response.status_code == 303, response.content.decode()
    return response["Location"]


def fetch(client: Client, path: str, **headers: str):
    response = client.get(path, headers=headers)
    body = b"".join(response.streaming_content) if response.streaming else response.content
    return response, body


def remaining(entitlement: Entitlement) -> int:
    entitlement.refresh_from_db()
    return entitlement.remaining
