"""What a caller may cost, and what a browser may do with an answer."""
