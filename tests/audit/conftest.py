"""The audit log seals, verifies and exports whatever it holds, so its own tests write details of their own making."""

import pytest


@pytest.fixture
def declared_keys_alone() -> None:
    """Not here; tests/json_guard.py holds all other tests to what is declared."""
