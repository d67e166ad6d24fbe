"""What is said to people: a text, or one that is put into their language when it is read."""

from django.utils.functional import Promise

Text = str | Promise
