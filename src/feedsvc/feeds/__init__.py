"""Feeds: which are touched, what they contain, how they are written, proven and swapped."""
