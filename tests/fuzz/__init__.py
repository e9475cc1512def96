"""Hostile input led by coverage: targets, the corpus, and what runs them."""
