"""Where what people tell support lies: sealed under a random key for each case, and unreadable for ever once that key is gone (promises G7, G8)."""
