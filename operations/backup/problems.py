"""Why there is no backup, or none was restored; each message is a sentence that says what to do. And how far it is, for whoever waits."""

from collections.abc import Callable

Tell = Callable[[str], None]
"""Is told in a few words how far it is, again and again."""


class Unusable(Exception):
    """What was given cannot be used, and nothing was changed."""


class Failed(Exception):
    """It could not be done."""
