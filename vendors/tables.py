"""The code tables of all vendors, copied into the database after each migrate."""

from calls import codes
from vendors.registry import VENDORS


def copy() -> int:
    """Make the database hold the CSV tables; the number of rows."""
    tables = codes.standard_tables()
    equals = [codes.EQUALS]
    for vendor in VENDORS.values():
        tables |= vendor.code_tables()
        equals += vendor.equal_codes()
    return codes.replace_tables(tables, equals)
