"""Help for those who cannot log in: a proof of purchase, compared with what is on file, and then discarded (promise C8)."""
