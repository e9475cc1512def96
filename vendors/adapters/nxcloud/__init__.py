"""NXCLOUD PNS (privacy numbers): call results, and calls that found no binding.

A push is repeated each minute for an hour until it is answered with exactly 200. No signature is
documented. The field tables are in the README beside this file.
"""

from pathlib import Path

from vendors.adapters.base import JSON, Answer, Kind, Vendor
from vendors.adapters.nxcloud.imports import IMPORTS
from vendors.adapters.nxcloud.pushes import read
from vendors.adapters.recordings import Recordings

VENDOR = Vendor(
    key="nxcloud",
    name="NXCLOUD PNS",
    kinds=(
        Kind(
            key="call-result",
            console_zh="话单推送地址（交给 NXCLOUD 开发人员）",
            console_en="Call result push URL (give it to NXCLOUD's developers)",
        ),
    ),
    acknowledgement=Answer(200, b'{"code":0,"message":"success"}', JSON),
    read=read,
    imports=IMPORTS,
    recordings=Recordings(hosts=("https://*.nxcloud.com",)),
    default_region="",  # its numbers always carry their country code
    folder=Path(__file__).parent,
)
