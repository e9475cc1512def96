"""How long things are kept: each account's days, unless a call is held.

``sorts`` knows what there is and how each goes, ``nightly`` deletes in small steps, ``plan`` tells
what would go. Nothing else deletes by age.
"""

from vendors.retention.nightly import prune
from vendors.retention.plan import Old, plan

__all__ = ["Old", "plan", "prune"]
