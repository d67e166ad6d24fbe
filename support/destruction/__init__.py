"""Destroying what was told in a case, verifiably (promises G7, G8)."""
