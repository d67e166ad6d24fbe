"""Erasing a person: planned, thought over, done by a worker, verified, and done again after a restored backup (GDPR article 17)."""
