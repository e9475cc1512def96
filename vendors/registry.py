"""The vendors, one line each."""

from collections.abc import Mapping

from vendors.adapters import huawei, nxcloud, voicepush, yeta
from vendors.adapters.base import Vendor

VENDORS: Mapping[str, Vendor] = {
    vendor.key: vendor
    for vendor in (
        huawei.VENDOR,
        nxcloud.VENDOR,
        voicepush.VENDOR,
        yeta.VENDOR,
    )
}
