"""Where staff work on cases: the queue, taking a case on, answering it."""
