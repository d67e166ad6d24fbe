"""Corrections of what is recorded, asked for and made (promise C18)."""
