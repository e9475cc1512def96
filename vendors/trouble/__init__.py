"""Pushes that went wrong, grouped by what went wrong, and having a whole group processed again.

``groups`` counts them, ``rehearsal`` tries on a sample what processing again would change, ``jobs``
does it in the background, ``pages`` shows all of it.
"""
