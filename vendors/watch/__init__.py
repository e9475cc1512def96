"""Whether the vendors are pushing: what the edge counts, what is usual, what is an alarm, who is
told, and whether the ledger balances.

``silence``, ``refusing``, ``backlog`` and ``times`` judge; they are plain Python and take the time
as an argument. ``counting`` runs at the edge, everything else on the courier, every half minute.
"""
