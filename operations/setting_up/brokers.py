"""The Redis that an operator names: its address with and without its password, and whether it answers."""

from collections.abc import Mapping
from contextlib import closing
from urllib.parse import quote, unquote

import redis

PARTS = ("redis-url", "redis-password")


def parts_of(url: str) -> dict[str, str]:
    """The address without its password, and the password; none of either if there is no address."""
    if not url:
        return {}
    scheme, user, password, where = taken_apart(url)
    bare = f"{scheme}://{user}@{where}" if user else f"{scheme}://{where}"
    return dict(zip(PARTS, (bare if password else url, unquote(password)), strict=True))


def url_of(parts: Mapping[str, str], present: str = "") -> str:
    """The address with its password in it; the present one as it stands if it says the same."""
    address, password = (parts[part] for part in PARTS)
    if not address or not password:
        return address
    if parts_of(present) == {part: parts[part] for part in PARTS}:
        return present
    scheme, user, _none, where = taken_apart(address)
    return f"{scheme}://{user}:{quote(password, safe='')}@{where}"


def taken_apart(url: str) -> tuple[str, str, str, str]:
    """Scheme, user, password, and what is left: host and port, or a socket's path."""
    scheme, _slashes, rest = url.partition("://")
    authority, slash, path = rest.partition("/")
    who, _at, host = authority.rpartition("@")
    user, _colon, password = who.partition(":")
    return scheme, user, password, f"{host}{slash}{path}"


def refused(url: str) -> str:
    """What is wrong with it, in a sentence; "" if it answers, or there is none."""
    if not url:
        return ""
    try:
        with closing(redis.Redis.from_url(url, socket_timeout=5, socket_connect_timeout=5)) as server:
            server.ping()
    except redis.AuthenticationError:
        return "Redis refuses the password: it stands in redis.conf behind requirepass."
    except redis.TimeoutError:
        return "Redis does not answer within five seconds: check host and port."
    except (redis.RedisError, ValueError, OSError) as error:
        return f"Redis cannot be used ({str(error).rstrip('.')}): is it running there, and is the port right?"
    return ""
