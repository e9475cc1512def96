"""What a request to place a call orders from the simulated platform, out of its parameters."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from vendors.simulator.huawei_platform.parameters import Operation, Parameters, address, parts
from vendors.simulator.scenario import Fields


@dataclass(frozen=True, kw_only=True, slots=True)
class Order:
    """``parties`` are rung in turn: the number shown, the number rung. Addresses are empty where
    nothing is pushed."""

    app_key: str
    operation: Operation
    parties: tuple[tuple[str, str], ...]
    status_url: str
    fee_url: str
    user_data: str
    is_recorded: bool
    names_party: bool  # of who hung up, on disconnect
    most_minutes: int
    asks_for_keys: bool

    @property
    def extra(self) -> Fields:
        return {"userData": self.user_data} if self.user_data else {}


def order(
    operation: Operation, app_key: str, parameters: Parameters, urls: Mapping[str, str]
) -> Order:
    """The order in parameters that were checked; ``urls`` are used where they name no address."""
    told = {key: str(value) for key, value in parameters.items()}
    parties = [(told["displayNbr"], told["calleeNbr"])]
    if operation is Operation.CALLBACK:
        parties = [
            (told["displayNbr"], told["callerNbr"]),
            (told["displayCalleeNbr"], told["calleeNbr"]),
        ]
    entries = cast(list[Parameters], parts(parameters))
    return Order(
        app_key=app_key,
        operation=operation,
        parties=tuple(parties),
        status_url=address(told.get("statusUrl", "")) or urls["statusUrl"],
        fee_url=address(told.get("feeUrl", "")) or urls["feeUrl"],
        user_data=told.get("userData", ""),
        is_recorded=told.get("recordFlag") == "true",
        names_party=told.get("partyTypeRequiredInDisconnect") == "true",
        most_minutes=int(told.get("maxDuration", "0")),
        asks_for_keys=any(entry.get("collectInd", 0) != 0 for entry in entries),
    )
