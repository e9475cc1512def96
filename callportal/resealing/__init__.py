"""Rotation of keys: everything that is sealed, sealed anew with the first key of its setting.

It may be broken off and done again, while the portal runs: what is sealed with the first key is
left alone, and what was changed meanwhile is looked at anew.
"""
