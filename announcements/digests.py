"""The digest of an address, computed within the database: a million mailboxes are made by one statement (accounts/models/suppression.py has the same in Python)."""

from typing import Any

from django.db.models import CharField, F, Func, OuterRef, Value
from django.db.models.functions import Concat

from accounts.models.suppression import PREFIX


class Sha256(Func):
    """SHA-256 of a text in UTF-8, in hexadecimal digits. PostgreSQL has it since 11 without an extension; for SQLite Django brings it."""

    function = "SHA256"
    arity = 1
    output_field = CharField()

    def as_postgresql(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        return self.as_sql(compiler, connection, template="ENCODE(SHA256(CONVERT_TO(%(expressions)s, 'UTF8')), 'hex')", **extra)


def digest_of_column(email_key: F | OuterRef) -> Sha256:
    """The digest of the address in a column of compared addresses."""
    return Sha256(Concat(Value(PREFIX), email_key, output_field=CharField()))
