"""Exports: files of exactly the calls that a search shows, small ones at once, big ones by a
process of their own.

``asking`` takes an order and writes it down; ``rows`` reads calls in pieces; ``as_csv`` and
``as_xlsx`` write them; ``making`` puts these together; ``working`` is what the process does that
makes big ones; ``keeping`` takes back what broke off, and removes what has expired.
"""
