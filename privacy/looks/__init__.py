"""What `privacy` itself looks at: the site's own pages, cookies, sweeps, and the house (privacy/promise_checks.py). Imported at the start."""

from privacy.looks import cookies, house, pages, sweeps, transport

__all__ = ["cookies", "house", "pages", "sweeps", "transport"]
