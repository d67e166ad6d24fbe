"""What is published for people, a module a subject."""
