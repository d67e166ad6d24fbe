"""Accounts on hold whose owners ask for their end (promise C19)."""
