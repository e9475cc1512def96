"""The front page: how the calls of a range are doing, beside those of another range."""
