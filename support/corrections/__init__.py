"""Corrections of what is recorded (promise C18): asked for by the customer, made or refused by staff, and noted without the values."""
