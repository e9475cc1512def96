"""What the OpenAPI document says of every operation: signing in with a token, and refusals."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension


class ApiTokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Registered by being imported."""

    target_class = "callportal.authentication.ApiTokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer"}


# What any operation may answer beside what it declares, and why.
_REFUSALS = (
    ("400", "What was asked cannot be read. Each word that is wrong has a sentence."),
    ("401", "No token, or one that is not known, or is over."),
    ("403", "The token's user may not do this."),
    ("404", "There is no such thing."),
    ("406", "None of the accepted types can be given: there is JSON."),
    ("415", "The body is of a type that is not read: send JSON."),
)
_WITH_BODY = {"415"}
_WITH_NAME = {"404"}


def tell_refusals(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Write into each operation what it answers where it refuses."""
    result.setdefault("components", {}).setdefault("schemas", {})["Refusal"] = {
        "type": "object",
        "description": "A sentence under ``detail``, or some for each word that is wrong.",
        "additionalProperties": {},
    }
    told = {"application/json": {"schema": {"$ref": "#/components/schemas/Refusal"}}}
    for path, methods in result["paths"].items():
        for operation in methods.values():
            for status, why in _REFUSALS:
                if status in _WITH_BODY and "requestBody" not in operation:
                    continue
                if status in _WITH_NAME and not _names_something(path, operation):
                    continue
                known = operation["responses"].setdefault(status, {"description": why})
                known.setdefault("content", told)
    return result


def _names_something(path: str, operation: dict[str, Any]) -> bool:
    """Whether what is asked for may not be there: an object, or a place in a list."""
    return "{" in path or any(one["name"] == "cursor" for one in operation.get("parameters", ()))
