"""Who did what, when and from where: rows that nobody changes, linked into a chain.

``record`` writes one row in the caller's transaction, and so stands or falls with the act. Linking
is done seconds later, by ``linking``, so that nobody waits for anybody.
"""

from calls.audit.actions import Action
from calls.audit.recording import COMMAND_LINE, record

__all__ = ["COMMAND_LINE", "Action", "record"]
