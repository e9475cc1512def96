"""One person's number taken out of everything that the portal keeps.

``rows`` looks through every text of every table, ``calls`` changes what belongs to a call,
``files`` what lies beside the database; ``running`` does all of it in order and makes the report.
"""

from vendors.erasing.running import Report, erase, look

__all__ = ["Report", "erase", "look"]
