"""Documents say what the code does: settings, commands, addresses, answers, fields, limits."""

import base64
import hashlib
import hmac
import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import get_commands, load_command_class

from calls.api import CallDetailSerializer
from calls.bills import files, heads, workbooks
from calls.bills import keeping as kept_bills
from calls.codes import standard_tables
from calls.draft import LEG_FIELDS
from calls.export import as_xlsx, asking, keeping
from calls.facts import Service, Track
from calls.live import board
from calls.models import OUTCOME_LABELS, Export, Verdict
from calls.search import FILTERS
from tests.conftest import SAMPLES, samples
from vendors import accounts, inbox, refusals
from vendors.adapters import parsing, reader
from vendors.adapters.base import Outcome
from vendors.adapters.huawei import signing
from vendors.api import AttemptSerializer, RequestDetailSerializer
from vendors.filters import RequestFilter
from vendors.models import RequestState
from vendors.registry import VENDORS
from vendors.trouble import jobs, rehearsal

ROOT = Path(__file__).parent.parent
DOCUMENTS = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")),
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / "docker").glob("*.md")),
    *sorted((ROOT / "vendors" / "adapters").glob("*/README.md")),
]
DOCUMENT = pytest.mark.parametrize(
    "document", [pytest.param(one, id=str(one.relative_to(ROOT))) for one in DOCUMENTS]
)
VENDOR = pytest.mark.parametrize("vendor", VENDORS)

# ``given`` is what settings.py calls callportal.environment.
_SETTING = re.compile(r'given\.\w+\(\s*"([A-Z_]+)"')
_CODE = re.compile(r"`([^`]+)`")
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_PORTAL = re.compile(r"\./portal ([^`\n|)]+)")
_OURS = {"test", "bench"}  # words of ./portal that are not commands of manage.py


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def rows(text: str, first: str) -> list[list[str]]:
    """The cells of the table whose header begins with this cell, without the header."""
    found: list[list[str]] = []
    inside = False
    for line in text.splitlines():
        if not line.startswith("|"):
            inside = False
            continue
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if cells[0] == first:
            inside = True
        elif inside and set(line) - set("|- "):
            found.append(cells)
    assert found, f"no table begins with {first}"
    return found


def quoted(cell: str) -> list[str]:
    return _CODE.findall(cell)


# Settings.


def test_the_readme_lists_every_setting_and_no_other() -> None:
    used = set(_SETTING.findall(read("callportal/settings.py")))

    listed = [quoted(cells[0])[0] for cells in rows(read("README.md"), "setting")]

    assert sorted(listed) == sorted(used)


@pytest.mark.parametrize(
    ("setting", "default"),
    [
        (found[1], found[2])
        for found in re.finditer(
            r'given\.\w+\("([A-Z_]+)", (\d+|"[^"{]*")[,)]', read("callportal/settings.py")
        )
    ],
)
def test_a_setting_has_the_default_that_the_readme_gives(setting: str, default: str) -> None:
    listed = {quoted(cells[0])[0]: cells[1] for cells in rows(read("README.md"), "setting")}

    assert default.strip('"') in quoted(listed[setting])


def test_the_readme_gives_the_defaults_that_depend_on_others() -> None:
    listed = {quoted(cells[0])[0]: cells[1] for cells in rows(read("README.md"), "setting")}
    settings = read("callportal/settings.py")

    assert "1 if IS_EMBEDDED else 2" in settings
    assert listed["WEB_WORKERS"] == "`1` on SQLite, `2` on PostgreSQL"
    assert 'f"http://127.0.0.1:{PORT}"' in settings
    assert listed["PUBLIC_URL"] == "`http://127.0.0.1:$PORT`"
    for name in ("secret_key", "credentials_key"):
        assert f'DATA_DIR / "{name}"' in settings
        assert f"`{name}` in `DATA_DIR`" in listed[name.upper()]


def test_settings_that_documents_name_exist() -> None:
    known = set(_SETTING.findall(read("callportal/settings.py")))
    assigned = re.compile(r"\b([A-Z][A-Z_]+)=(?=\S)")

    named = {name for one in DOCUMENTS for name in assigned.findall(one.read_text())}

    of_a_shell = {"ADDRESS", "TOKEN", "BODY", "HASH"}
    assert {name.removesuffix("_FILE") for name in named} - of_a_shell <= known


# Commands.


def commands(document: Path) -> Iterator[list[str]]:
    """The words of each ``./portal …`` that a document tells people to type."""
    for found in _PORTAL.findall(document.read_text(encoding="utf-8")):
        line = found.partition(" --json")[0] if "--json |" in found else found
        if line.count('"') % 2 == 0:  # a text of several lines stands in quotes
            yield shlex.split(line, comments=True)
        else:
            yield [line.split()[0]]


@DOCUMENT
def test_every_command_that_a_document_names_exists(document: Path) -> None:
    known = set(get_commands()) | _OURS

    for words in commands(document):
        assert words[0] in known, words


@DOCUMENT
def test_every_command_line_of_a_document_can_be_given(document: Path) -> None:
    for words in commands(document):
        name = words[0]
        if len(words) < 2 or name in _OURS or "…" in words:
            continue
        app = get_commands()[name]
        command = load_command_class(app, name) if isinstance(app, str) else app
        parser = command.create_parser("portal", name)
        given = parser.parse_args(words[1:])
        # Django takes --settings for itself, before the command sees what it was given.
        assert given.settings is None, words


def test_the_words_of_the_portal_are_in_the_readme() -> None:
    own = set(re.findall(r"^\./portal (\w+)", read("portal"), re.MULTILINE))

    assert {"run", "test", "demo", "bench"} <= own
    for word in own:
        assert f"./portal {word}\n" in read("README.md")


def test_the_checks_that_contributing_lists_are_those_that_run() -> None:
    checks = {quoted(cells[1])[0] for cells in rows(read("CONTRIBUTING.md"), "check")}
    script = read(".ci/run")

    for check in checks:
        words = check.partition(" --file")[0].replace("./portal", "manage.py").split()
        head = [word for word in words if not word.startswith(("PUBLIC_URL", "templates"))][:3]
        assert " ".join(head) in script or check in script, check


def test_the_whole_check_starts_without_any_setting_of_the_caller() -> None:
    found = re.search(r"^for setting in (.*?);", read(".ci/run"), re.MULTILINE | re.DOTALL)

    assert found
    assert set(found[1].replace("\\", " ").split()) == set(
        _SETTING.findall(read("callportal/settings.py"))
    )


def test_the_hooks_before_a_commit_run_lines_of_the_whole_check() -> None:
    hooks = yaml.safe_load(read(".pre-commit-config.yaml"))["repos"][0]["hooks"]

    for hook in hooks:
        assert hook["entry"] in read(".ci/run")


# Addresses and answers.


def test_the_addresses_are_those_of_the_vendors() -> None:
    listed = [
        (cells[0], quoted(cells[1])[0], cells[2])
        for cells in rows(read("docs/integrating.md"), "vendor")
        if len(cells) == 3 and quoted(cells[1])
    ]

    assert sorted(listed) == sorted(
        (vendor.key, kind.key, kind.console_en)
        for vendor in VENDORS.values()
        for kind in vendor.kinds
    )


@VENDOR
def test_a_vendor_hears_what_the_document_says(vendor: str) -> None:
    heard = {
        Outcome(cells[0]): (int(cells[2]), quoted(cells[3])[0].encode())
        for cells in rows(read("docs/integrating.md"), "outcome")
        if cells[1] == "all" or vendor in cells[1].split(", ")
    }

    answers = {outcome: VENDORS[vendor].answer(outcome) for outcome in Outcome}
    assert heard == {one: (answer.status, answer.body) for one, answer in answers.items()}


@VENDOR
def test_every_kind_is_tried_with_a_sample_that_exists(vendor: str) -> None:
    named = re.findall(r"@(vendors/adapters/[^\s\"]+)", read("docs/integrating.md"))

    tried = {Path(name).stem.partition("__")[0] for name in named if f"/{vendor}/" in name}

    assert all((ROOT / name).is_file() for name in named)
    of_others = {"recording"} if vendor == "voicepush" else set()
    assert tried | of_others == set(VENDORS[vendor].kind_keys)


def test_the_formulas_of_huawei_are_those_that_are_tried_in_that_order() -> None:
    listed = [quoted(cells[0])[0] for cells in rows(read("docs/integrating.md"), "formula")]

    tried = [form for form, _ in signing._candidates(["https://one.example"], "s", "n", "c")]
    assert listed == tried


def test_the_worked_examples_are_right() -> None:
    text = read("docs/integrating.md")
    url = "https://calls.example.com/hooks/huawei/abcdefghijklmnopqrstuvwxyz012345/fee"
    signed = f"{url}\n0123456789abcdef0123456789abcdef\n2026-11-20T08:30:00Z".encode()
    digest = hmac.new(b"example-app-secret", signed, hashlib.sha256).digest()
    body = b'{"accountId":"1","callId":"NM20010115474511150001012500007a8c"}'
    body_hash = hashlib.sha256(body).hexdigest()
    code = hashlib.sha256(f"1607588924{body_hash}Example-Tok1".encode()).hexdigest()

    assert url in text
    assert body.decode() in text
    for computed in (base64.b64encode(digest).decode(), body_hash, code):
        assert f"`{computed}`" in text


def test_the_longest_public_url_for_huawei_is_as_long_as_said() -> None:
    longest = "https://" + "a" * (43 - len("https://"))
    path = "/hooks/huawei/" + "t" * accounts.TOKEN_LENGTH + "/status"

    assert "That leaves 43 bytes" in read("docs/integrating.md")
    assert len(longest + path) == VENDORS["huawei"].address_length


# Vendors.


@VENDOR
def test_a_vendors_readme_names_each_key_of_its_samples(vendor: str) -> None:
    text = read(f"vendors/adapters/{vendor}/README.md")
    named = set(_CODE.findall(text))

    sent: set[str] = set()
    for name, _, path in samples():
        if name == vendor:
            sent |= keys(json.loads(path.read_text()))

    assert sent <= named


@VENDOR
def test_a_vendors_readme_names_each_field_that_its_adapter_reads(vendor: str) -> None:
    text = read(f"vendors/adapters/{vendor}/README.md")
    source = (SAMPLES / vendor / "pushes.py").read_text()
    tables = re.findall(r'^    "([a-z_]+)": "(\w+)",$', source, re.MULTILINE)

    verbs = "need|need_epoch|need_clock|number|epoch|clock|seconds|size|pick|text|long_text|each"
    read_fields = set(re.findall(rf'\.(?:{verbs})\("(\w+)"', source)) | {
        theirs for _, theirs in tables if theirs not in LEG_FIELDS
    }

    assert read_fields <= set(_CODE.findall(text))


@VENDOR
def test_a_vendors_readme_names_each_parameter_of_its_requests(vendor: str) -> None:
    outbound = VENDORS[vendor].outbound
    offered = {
        part.key
        for operation in (outbound.operations if outbound else ())
        for parameter in operation.parameters
        for part in (parameter, *parameter.parts)
    }

    assert offered <= set(_CODE.findall(read(f"vendors/adapters/{vendor}/README.md")))


def test_the_states_of_a_request_are_those_that_are_described() -> None:
    listed = [quoted(cells[0])[0] for cells in rows(read("docs/operating.md"), "state")]

    assert listed == [state.value for state in RequestState]


def test_the_fields_of_a_request_are_documented() -> None:
    named = words_of_the_api()
    fields = {*RequestDetailSerializer.Meta.fields, *AttemptSerializer.Meta.fields}

    assert fields <= named


def test_the_filters_of_requests_are_documented() -> None:
    assert set(RequestFilter.base_filters) <= words_of_the_api()


def words_of_the_api() -> set[str]:
    return set(re.findall(r"`([a-z_]+)`", read("docs/api.md")))


def keys(value: Any) -> set[str]:
    """All keys of an object and of what it holds."""
    if isinstance(value, dict):
        return set(value).union(*(keys(item) for item in value.values()))
    if isinstance(value, list):
        return set().union(*(keys(item) for item in value))
    return set()


@VENDOR
def test_the_keys_of_an_account_are_documented(vendor: str) -> None:
    listed = next(
        cells[1] for cells in rows(read("docs/operating.md"), "vendor") if cells[0] == vendor
    )
    known = {one.key for one in VENDORS[vendor].settings}
    choices = {choice for one in VENDORS[vendor].settings for choice in one.choices}

    assert set(quoted(listed)) == known | choices


# The API and the limits.


def test_the_api_document_lists_every_filter_and_no_other() -> None:
    listed = [name for cells in rows(read("docs/api.md"), "filter") for name in quoted(cells[0])]

    assert sorted(listed) == sorted(FILTERS)


def test_the_api_document_lists_every_field_of_a_call_and_no_other() -> None:
    listed = [name for cells in rows(read("docs/api.md"), "field") for name in quoted(cells[0])]

    assert sorted(listed) == sorted(CallDetailSerializer.Meta.fields)


def test_the_api_document_lists_every_outcome_service_and_scheme() -> None:
    text = read("docs/api.md")
    vendors = [scheme for vendor in VENDORS.values() for scheme in vendor.code_tables()]

    outcomes = [quoted(cells[0])[0] for cells in rows(text, "outcome")]

    assert sorted(outcomes) == sorted(OUTCOME_LABELS)
    for word in [*Service, *Track, *standard_tables(), *vendors]:
        assert f"`{word}`" in text


def test_the_limits_are_those_of_the_code() -> None:
    limits = {cells[0]: cells[1] for cells in rows(read("docs/operating.md"), "what")}

    assert limits["traces of refused pushes"] == (
        f"{refusals.MOST_PER_SENDER} for each sender, {refusals.MOST_PER_ACCOUNT} for each account"
    )
    mebibytes = refusals.MOST_BODY_BYTES // 1024**2
    assert limits["bodies in quarantine"] == f"{mebibytes} MiB for each account"
    assert limits["records in one push, turns in one dialog"] == str(reader.MOST_RECORDS)
    assert limits["nesting of a push"] == f"{parsing.DEEPEST} levels"
    assert limits["an id, or a short text"] == f"{reader.TEXT_LENGTH} characters"
    assert limits["the kind of an event"] == f"{reader.KIND_LENGTH} characters"
    assert reader.NUMBER_LENGTH == reader.CODE_LENGTH
    assert limits["a telephone number, or a code"] == f"{reader.NUMBER_LENGTH} characters"
    assert limits["tries of a push that fails"] == str(inbox.MOST_ATTEMPTS)
    minutes = int(signing.WINDOW.total_seconds() // 60)
    assert limits["age of a signature"] == f"{minutes} minutes either way"


def test_the_limits_of_exports_are_those_of_the_code() -> None:
    limits = {cells[0]: cells[1] for cells in rows(read("docs/operating.md"), "what")}
    hours = int(keeping.KEPT_FOR.total_seconds() // 3600)

    assert limits["calls in an export that comes at once"] == f"{asking.MOST_AT_ONCE:,}"
    assert limits["exports of one person that are being made"] == str(asking.MOST_UNFINISHED)
    assert limits["the file of an export"] == f"{hours} hours"
    assert limits["tries of an export whose process dies"].startswith(f"{keeping.MOST_ATTEMPTS}, ")
    assert keeping.ABANDONED_AFTER.total_seconds() == 60
    assert limits["rows of a sheet"] == f"{as_xlsx.MOST_ROWS:,}"
    assert limits["characters of a cell in XLSX"] == f"{as_xlsx.MOST_CHARACTERS:,}"


def test_the_limits_of_troubles_and_of_live_calls_are_those_of_the_code() -> None:
    limits = {cells[0]: cells[1] for cells in rows(read("docs/operating.md"), "what")}
    in_the_inbox = limits["pushes in the inbox at a time of a group that is processed again"]
    tried_on = limits["pushes that processing a group again is tried on"]

    assert in_the_inbox == f"{jobs.AT_ONCE:,}"
    assert tried_on == f"{rehearsal.SAMPLE}, or {rehearsal.MOST_BYTES // 1024} KiB of bodies"
    assert limits["calls in progress shown under *Live*"] == (
        f"{board.MOST_SHOWN} that go on, {board.MOST_SHOWN} of which no word came for an hour"
    )
    assert board.QUIET_AFTER.total_seconds() == 3600


def test_the_limits_of_bills_are_those_of_the_code() -> None:
    limits = {cells[0]: cells[1] for cells in rows(read("docs/operating.md"), "what")}
    largest, unpacked = (
        f"{size // 1024**2:,} MiB" for size in (kept_bills.LARGEST, workbooks.MOST_UNPACKED)
    )

    assert limits["the file of a bill"] == f"{largest}; unpacked {unpacked}"
    assert limits["columns of a bill"] == str(files.MOST_COLUMNS)
    assert limits["rows in which a bill's heads are looked for"] == str(heads.MOST_HEADS)
    assert limits["tries of a bill whose process dies"].startswith(f"{kept_bills.MOST_ATTEMPTS}, ")
    assert kept_bills.ABANDONED_AFTER.total_seconds() == 60


def test_the_lists_of_a_bill_are_those_that_are_described() -> None:
    listed = [cells[0] for cells in rows(read("docs/bills.md"), "list")]

    assert listed == [str(verdict.label) for verdict in Verdict]


def test_the_states_of_an_export_are_those_that_are_described() -> None:
    listed = [quoted(cells[0])[0] for cells in rows(read("docs/operating.md"), "an export is")]

    assert listed == [state.value for state in Export.State]


def test_every_event_that_is_logged_is_documented() -> None:
    listed = {quoted(cells[0])[0] for cells in rows(read("docs/operating.md"), "event")}
    call = re.compile(r"""\blog\.\w+\(\s*"([^"]+)\"""")
    packages = ("callportal", "calls", "vendors")
    sources = [path for name in packages for path in (ROOT / name).rglob("*.py")]

    logged = {
        event
        for path in sources
        if "simulator" not in path.parts
        for event in call.findall(path.read_text())
    }

    assert listed == logged


# All documents.


def test_the_changelog_has_an_unreleased_section() -> None:
    assert "\n## Unreleased\n\n- " in read("CHANGELOG.md")


@DOCUMENT
def test_links_lead_somewhere(document: Path) -> None:
    for target in _LINK.findall(document.read_text(encoding="utf-8")):
        if "://" in target:
            continue
        path, _, anchor = target.partition("#")
        file = (document.parent / path).resolve() if path else document
        assert file.exists(), target
        if anchor:
            assert anchor in anchors(file), target


def anchors(file: Path) -> set[str]:
    """The headings of a document, as links to them are written."""
    headings = re.findall(r"^#+ (.+)$", file.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", one.lower()).replace(" ", "-") for one in headings}


@DOCUMENT
def test_a_document_knows_no_machine_and_no_registry(document: Path) -> None:
    text = document.read_text(encoding="utf-8")

    assert not re.search(r"(?<![\w.])/(?:work|home|root|Users|tmp)/", text)
    assert not re.search(r"index-url (?:=|http)|pypi\.", text)


@DOCUMENT
def test_what_a_document_shows_as_json_is_json(document: Path) -> None:
    for block in re.findall(r"```json\n(.*?)```", document.read_text(encoding="utf-8"), re.DOTALL):
        json.loads(block)


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_a_lock_file_names_no_registry_and_pins_everything(lock: str) -> None:
    lines = read(lock).splitlines()

    assert not [line for line in lines if "://" in line or "index-url" in line]
    pinned = [line for line in lines if re.match(r"[a-z0-9]", line)]
    assert all("==" in line for line in pinned)
