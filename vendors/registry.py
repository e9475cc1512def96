"""The vendors, one line each."""

from collections.abc import Mapping

from vendors.adapters import huawei, nxcloud, rows, voicepush, yeta
from vendors.adapters.base import Reading, Vendor

VENDORS: Mapping[str, Vendor] = {
    vendor.key: vendor
    for vendor in (
        huawei.VENDOR,
        nxcloud.VENDOR,
        voicepush.VENDOR,
        yeta.VENDOR,
    )
}


def read(vendor: Vendor, kind: str, body: bytes) -> Reading:
    """What a push says, or a row of a table that somebody imported for the vendor."""
    if kind == rows.KIND:
        return rows.read(body, vendor.imports.results)
    return vendor.read(kind, body)
