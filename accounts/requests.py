"""What a request knows in the closed areas, for type checkers and readers."""

from django.http import HttpRequest

from accounts.models import LoginSession, User


class AccountsRequest(HttpRequest):
    """A request after accounts.middleware; in a view that demands a log-in, `user` is a User."""

    user: User
    login_session: LoginSession | None
