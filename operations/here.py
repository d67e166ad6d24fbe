"""The names of this machine: what goes there goes over no network."""

HERE = frozenset({"localhost", "127.0.0.1", "::1"})
