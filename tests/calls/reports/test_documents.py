"""The document on billing says what the tables and the code say."""

from typing import Any

import pytest

from calls.billing import Basis, Legs, Rule, read_table, tables
from calls.mailings import contents, sending
from calls.models import Mail
from calls.reports import periods
from calls.reports.periods import Step
from tests.test_documents import quoted, read, rows
from vendors import accounts
from vendors.registry import VENDORS

BILLING = "docs/billing.md"
_LEGS = {Legs.CALL: "the call once", Legs.EACH: "each telephone that answered"}
_BASES = {
    Basis.TOLD: "as the record tells",
    Basis.TIMES: "from answer to the end of the call",
}


def as_row(vendor: str, rule: Rule) -> list[str]:
    return [
        f"`{vendor}`",
        f"`{rule.service}`" if rule.service else "all others",
        _LEGS[Legs(rule.legs)],
        _BASES[Basis(rule.basis)],
        f"{rule.unit_seconds} s",
        f"{rule.minimum_seconds} s",
        rule.source,
    ]


def test_the_rules_are_those_of_the_tables() -> None:
    known = [
        as_row(key, rule)
        for key, vendor in VENDORS.items()
        for rule in read_table(vendor.billing_table())
    ]

    assert rows(read(BILLING), "vendor") == known


@pytest.mark.parametrize("vendor", VENDORS)
def test_every_vendor_has_a_rule_for_what_no_other_is_for(vendor: str) -> None:
    services = [rule.service for rule in tables()[vendor]]

    assert services.count("") == 1
    assert len(set(services)) == len(services)


def test_the_keys_of_a_rule_are_documented() -> None:
    assert [quoted(cells[0])[0] for cells in rows(read(BILLING), "key")] == list(
        accounts.BILLING_KEYS
    )


def test_the_states_of_a_mail_are_those_that_are_described() -> None:
    listed = [quoted(cells[0])[0] for cells in rows(read(BILLING), "a mail is")]

    assert listed == [state.value for state in Mail.State]


def test_the_limits_are_those_of_the_code() -> None:
    text = " ".join(read(BILLING).split())
    months, weeks, days = (periods.MOST[step] for step in (Step.MONTH, Step.WEEK, Step.DAY))
    waits = [int(wait.total_seconds()) // 60 for wait in sending.WAITS]

    assert f"(up to {months}), week (up to {weeks}, from Monday) or day (up to {days})" in text
    months, weeks, days = (
        periods.MOST_OF_SUBJECTS[step] for step in (Step.MONTH, Step.WEEK, Step.DAY)
    )
    assert f"of numbers and tasks up to {months} months, {weeks} weeks or {days} days" in text
    assert f"up to {contents.LARGEST // 1024**2} MiB, else a link" in text
    assert waits == [5, 15, 60, 180, 360, 720]
    assert "after 5 and 15 minutes, 1, 3, 6 and 12 hours" in text
    assert len(waits) + 1 == 7
    assert "it was not taken seven times" in text
    assert sending.LATE.days == 3
    assert sending.ABANDONED_AFTER.total_seconds() == 600


def test_a_table_with_other_columns_is_refused(tmp_path: Any) -> None:
    (tmp_path / "billing.csv").write_text("service,price\n,1\n")

    with pytest.raises(ValueError, match="expected the columns service,legs,basis"):
        read_table(tmp_path / "billing.csv")
