"""What `privacy` itself looks at, to tell of promises (privacy/promise_checks.py). Imported at the start."""

from privacy.looks import cookies, house, p3p, pages, retention, sweeps, transport

__all__ = ["cookies", "house", "p3p", "pages", "retention", "sweeps", "transport"]
