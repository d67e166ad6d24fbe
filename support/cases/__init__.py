"""What happens to a case: opened, written in, closed, opened again, kept for fraud. Each verb is one transaction with its audit event and its mail."""
