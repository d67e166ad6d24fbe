"""Why there is no backup, or none was restored; each message is a sentence that says what to do."""


class Unusable(Exception):
    """What was given cannot be used, and nothing was changed."""


class Failed(Exception):
    """It could not be done."""
