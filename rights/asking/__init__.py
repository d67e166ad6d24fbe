"""Asking for what one has a right to: by customers who are logged in, and without a log-in. Either wakes a worker (rights/tasks.py)."""
