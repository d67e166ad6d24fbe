"""The wordings of policies that were published: their paragraphs, how a new one is kept, and what changed between two."""
