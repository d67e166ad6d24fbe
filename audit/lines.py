"""The canonical line of an audit event: what is sealed, verified and exported (docs/audit-log.md has its format).

The rows are plain tuples of texts, read by SQL of our own: a million of them must be read, written out and hashed in seconds.
"""

import json
from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache
from socket import AF_INET6, inet_ntop, inet_pton
from typing import Any

from django.db import connection

from audit.models import AuditEvent

# id, at, kind, user, actor, ip, detail: numbers are numbers or None, `at` and `detail` stand as they do in the line.
Row = tuple[int, str, str, int | None, int | None, str | None, str]

TABLE = AuditEvent._meta.db_table
AT = {
    "postgresql": """to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')""",
    "sqlite": "replace(substr(at, 1, 19), ' ', 'T') || '.' || substr(substr(at, 21) || '000000', 1, 6) || 'Z'",
}
DETAIL = {"postgresql": "detail::text", "sqlite": "detail"}
CHUNK = 5_000


def rows(condition: str, *values: Any, most: int | None = None) -> Iterator[list[Row]]:
    """The events that meet the condition (SQL, a placeholder a value), `most` at most, by their ids: in lists, read as they come."""
    vendor = connection.vendor
    columns = f"id, {AT[vendor]}, kind, user_id, actor_id, ip, {DETAIL[vendor]}"
    limit = f"LIMIT {most}" if most else ""
    with connection.chunked_cursor() as cursor:
        cursor.execute(f"SELECT {columns} FROM {TABLE} WHERE {condition} ORDER BY id {limit}", values)  # noqa: S608
        while chunk := cursor.fetchmany(CHUNK):
            yield chunk


def stored(at: datetime) -> Any:
    """A time as the database's driver takes it in SQL of our own."""
    return connection.ops.adapt_datetimefield_value(at)


def line_of(row: Row) -> str:
    """The event as one line of JSON, without the part of its address that is not kept for as long as the event is."""
    identifier, at, kind, user, actor, ip, detail = row
    return (
        f'{{"id": {identifier}, "at": "{at}", "kind": {quoted(kind)}, "user": {"null" if user is None else user}, '
        f'"actor": {"null" if actor is None else actor}, "detail": {detail}, "network": {network(ip)}}}'
    )


def exported_line_of(row: Row) -> str:
    """The canonical line with the address as it is, as its last key."""
    return f'{line_of(row)[:-1]}, "ip": {json.dumps(row[5])}}}'


def network(ip: str | None) -> str:
    """The truncated address as it stands in the line. What is no address can only have been written past the site; it stands as it is."""
    if ip is None:
        return "null"
    try:
        return f'"{truncated(ip)}"'
    except OSError:
        return json.dumps(ip)


def truncated(ip: str) -> str:
    """The address without the part that tells one connection from another: the network's of 24 bits (IPv4) or 48 (IPv6).

    `ipaddress` would say the same, at ten times the price; OSError for what has a colon and is no address.
    """
    if ":" in ip:
        return inet_ntop(AF_INET6, inet_pton(AF_INET6, ip)[:6] + bytes(10))
    return f"{ip.rpartition('.')[0]}.0"


def is_truncated(ip: str | None) -> bool:
    """Whether nothing is left to truncate."""
    return ip is None or network(ip) == f'"{ip}"'


@lru_cache(maxsize=1_024)
def quoted(kind: str) -> str:
    return json.dumps(kind)
