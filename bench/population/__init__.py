"""A site with any number of customers: `python -m bench.population --customers 100000` (docs/scaling.md)."""
