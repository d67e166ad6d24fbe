"""The pages of the desk: the queue, a case, and what is done on it."""
