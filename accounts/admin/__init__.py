"""Accounts as staff see them, a module a subject."""

from accounts.admin import address_changes, customers, findings, holds, login_sessions, second_factors

__all__ = ["address_changes", "customers", "findings", "holds", "login_sessions", "second_factors"]
