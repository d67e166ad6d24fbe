"""Who has given the right password in this browser, and is not logged in yet: the second step asks here, and so does the page of a hold.

What is noted dies after five minutes, unless the step allows more, and with the password that was given.
"""

import time

from django.db.models import QuerySet

from accounts.models import User
from accounts.requests import AccountsRequest

LIFE = 300  # seconds


def note(request: AccountsRequest, step: str, user: User) -> None:
    """This browser gave the password of `user`, who has still to do `step`. The session gets a new number (ASVS 7.2.4)."""
    request.session.cycle_key()
    request.session[key_of(step)] = [user.pk, time.time(), user.get_session_auth_hash()]


def forget(request: AccountsRequest, step: str) -> None:
    request.session.pop(key_of(step), None)


def noted(request: AccountsRequest, step: str, users: QuerySet[User], life: float | None = None) -> User | None:
    """Who of `users` gave the right password in this browser within the last `life` seconds (five minutes), and has not changed it since."""
    pk, since, credentials = request.session.get(key_of(step), [0, 0, ""])
    if time.time() - since > (life or LIFE):
        return None
    user = users.filter(pk=pk).first()
    return user if user and user.get_session_auth_hash() == credentials else None


def key_of(step: str) -> str:
    return f"candidate.{step}"
