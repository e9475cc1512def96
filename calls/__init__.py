"""Telephone calls: what is true of any of them, whichever vendor carried it."""
