"""The Redis that an operator names: whether it answers."""

from contextlib import closing

import redis


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
