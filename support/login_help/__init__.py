"""Help for those who cannot log in (promise C8): asked for without a log-in, compared with what is on file, and answered there alone."""
