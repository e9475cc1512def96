"""Recordings fetched from the servers of vendors, which may be told any address by any push.

Plain Python. ``hosts`` says which hosts an administrator allows, ``addresses`` which IP addresses
may be connected to, ``download`` writes a recording into a file.
"""
