"""Requests of persons: who asks, and how they show that they read the mailbox in question. It serves reports and erasures alike."""
