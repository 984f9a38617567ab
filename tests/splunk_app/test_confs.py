"""The app's confs, help, shims and documents say the same."""

import ast
import importlib.util
import re
import struct
import sys
from configparser import RawConfigParser
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from splunk_app import package
from tests.splunkd.app import InstalledApp

COMMANDS = ("aiscore", "aifit", "ailearn", "aiquality", "aimodels", "aiaudit")
LEDGER = ("AIScore - Keep the head of the ledger", "AIScore - Check the ledger against its kept heads")
DOCS = (package.ROOT / "docs" / "commands.md").read_text()
BIN = package.HERE / "bin"


def shim(name: str) -> ModuleType:
    """The shim as a module; its command does not start."""
    spec = importlib.util.spec_from_file_location(f"shim_{name}", BIN / f"{name}.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    before = list(sys.path)
    spec.loader.exec_module(module)
    sys.path[:] = before
    return module


def options(name: str) -> dict[str, Any]:
    """The options of a command, by name."""
    module = shim(name)
    (command,) = [
        kind for kind in vars(module).values() if isinstance(kind, type) and kind.__module__ == module.__name__
    ]
    assert command.name == name  # type: ignore[attr-defined]
    return dict(command.option_definitions)  # type: ignore[attr-defined]


def conf(name: str) -> RawConfigParser:
    parser = RawConfigParser(delimiters=("=",))
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    # Splunk continues a line with a backslash at its end.
    parser.read_string(re.sub(r"\\\n", " ", (package.HERE / "default" / f"{name}.conf").read_text()))
    return parser


def test_each_command_has_a_shim_a_stanza_help_and_a_chapter() -> None:
    programs = {path.stem for path in BIN.glob("ai*.py")}
    assert programs - set(conf("alert_actions").sections()) == set(COMMANDS)
    assert conf("commands").sections() == list(COMMANDS)
    helped = [name.removesuffix("-command") for name in conf("searchbnf").sections() if name.endswith("-command")]
    assert helped == list(COMMANDS)
    assert re.findall(r"^## (ai\w+)$", DOCS, re.MULTILINE) == list(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_and_the_document_name_exactly_the_options(name: str) -> None:
    known = options(name)
    stanza = conf("searchbnf")[f"{name}-command"]
    assert re.findall(r"(\w+)=<", stanza["syntax"]) == [option for option in _ordered(name) if option in known]
    chapter = DOCS.split(f"## {name}\n")[1].split("\n## ")[0]
    assert re.findall(r"^\| `(\w+)` \|", chapter, re.MULTILINE) == _ordered(name)
    for option in known:
        assert re.search(rf"\b{option}\b", stanza["description"]), f"{option} is not described"
        assert f"[{option}=" in chapter or f"{option}=<" in chapter.splitlines()[1]


def _ordered(name: str) -> list[str]:
    """The options in the order in which the shim has them."""
    return re.findall(r"^    (\w+) = Option\(", (BIN / f"{name}.py").read_text(), re.MULTILINE)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_has_help_and_a_validator_that_says_what_it_takes(name: str) -> None:
    # splunklib drops doc= when it builds the property, so the source is read.
    helps = {
        node.targets[0].id: keyword.value.value
        for node in ast.walk(ast.parse((BIN / f"{name}.py").read_text()))
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call)
        for keyword in node.value.keywords
        if keyword.arg == "doc"
    }
    assert set(helps) == set(options(name))
    for option, definition in options(name).items():
        assert len(helps[option]) > 15 and helps[option].endswith("."), option
        assert definition.validate.expected, option
        with pytest.raises(ValueError):
            definition.validate("{\n")


def test_the_builtin_options_of_splunklib_are_gone() -> None:
    for name in COMMANDS:
        assert set(options(name)) == set(_ordered(name))


def test_a_default_in_the_document_is_the_default_of_the_shim() -> None:
    for name in COMMANDS:
        chapter = DOCS.split(f"## {name}\n")[1].split("\n## ")[0]
        told = dict(re.findall(r"^\| `(\w+)` \| (\S[^|]*?) \|", chapter, re.MULTILINE))
        for option, definition in options(name).items():
            if definition.require:
                assert told[option] == "required"
            elif definition.default is not None:
                assert told[option].strip("`") == str(definition.default)
            else:
                assert not told[option][0].isdigit()


def test_the_document_knows_every_note() -> None:
    from aiscore_kit.failure import NOTES

    chapter = DOCS.split("## When something fails\n")[1].split("\n## ")[0]
    assert tuple(re.findall(r"^\| `(\w+)` \|", chapter, re.MULTILINE))[1:] == NOTES


def test_shims_hold_options_and_nothing_else() -> None:
    for name in COMMANDS:
        lines = (BIN / f"{name}.py").read_text().splitlines()
        assert len(lines) <= 50 and not [line for line in lines if line.strip().startswith(("def ", "try", "if "))]


def test_what_changes_something_is_risky() -> None:
    commands = conf("commands")
    assert {name: commands[name]["is_risky"] for name in COMMANDS} == {
        "aiscore": "false",
        "aifit": "true",
        "ailearn": "true",
        "aiquality": "false",
        "aimodels": "true",
        "aiaudit": "false",
    }
    for name in COMMANDS:
        stanza = commands[name]
        assert stanza["chunked"] == "true" and stanza["run_in_preview"] == "false"
        assert (stanza["python.version"], stanza["python.required"]) == ("python3", "3.9,3.13")
        assert (package.HERE / "bin" / stanza["filename"]).is_file()


def test_no_command_waits_longer_than_splunkd_does() -> None:
    from aiscore_kit import command, contract, gather, settings

    longest_chunk_s = command.Chunked().patience().left() + _highest(settings, "chunk_deadline_s")
    assert longest_chunk_s + contract.LIMIT_S < int(conf("commands")["aiscore"]["maxwait"])
    for name in ("aimodels", "aiaudit"):
        assert longest_chunk_s < int(conf("commands")[name]["maxwait"])
    for name in ("aifit", "ailearn"):
        wait = options(name)["wait"].validate
        assert wait._high + 0.9 * gather.SEND_S <= int(conf("commands")[name]["maxwait"])
    assert int(conf("commands")["aiquality"]["maxwait"]) > gather.SEND_S


def _highest(settings: ModuleType, name: str) -> float:
    low, high = 1.0, 1e6
    while high - low > 1:
        middle = (low + high) / 2
        try:
            settings.parse({"url": "https://h", name: str(middle)})
            low = middle
        except Exception:
            high = middle
    return low


def test_every_setting_is_specified_with_its_default() -> None:
    from aiscore_kit.settings import Settings, parse

    given = dict(conf("aiscore")["sidecar"])
    assert tuple(given) == Settings._fields
    spec = (package.HERE / "README" / "aiscore.conf.spec").read_text()
    blocks = dict(re.findall(r"^(\w+) = <[^>]+>\n((?:\* .*\n)+)", spec, re.MULTILINE))
    assert tuple(blocks) == Settings._fields
    for name, value in given.items():
        assert f"* Default: {value or 'empty'}\n" in blocks[name]
        assert name in DOCS
    # What the code takes when a key is absent is what the conf ships.
    assert parse(given) == parse({"url": given["url"]})


def test_roles_inherit_nothing_and_capabilities_are_ours() -> None:
    from aiscore_kit.ticket_handler import SCOPES

    authorize = conf("authorize")
    assert {name.removeprefix("capability::") for name in authorize.sections() if "::" in name} == set(SCOPES)
    roles = [authorize[name] for name in authorize.sections() if name.startswith("role_")]
    assert len(roles) == 3
    for role in roles:
        assert set(role) <= set(SCOPES) and set(role.values()) == {"enabled"}
    asked = conf("restmap")["script:aiscore_ticket"]
    assert set(asked["capability.get"].split(" or ")) == set(SCOPES)
    assert asked["capability.post"] == "aiscore_admin" and asked["passSystemAuth"] == "true"
    assert conf("web")["expose:aiscore_ticket"]["methods"] == "POST"


def test_the_custom_conf_reloads_and_replicates() -> None:
    assert conf("app")["triggers"]["reload.aiscore"] == "simple"
    assert conf("server")["shclustering"] == {"conf_replication_include.aiscore": "true"}


def test_icons_have_their_sizes() -> None:
    for name, size in [("appIcon", 36), ("appIcon_2x", 72), ("appIconAlt", 36), ("appIconAlt_2x", 72)]:
        head = (package.HERE / "static" / f"{name}.png").read_bytes()[:24]
        assert head.startswith(b"\x89PNG\r\n\x1a\n") and head[12:16] == b"IHDR"
        assert struct.unpack(">II", head[16:24]) == (size, size)


def test_the_kit_imports_only_what_is_in_the_package(installed: InstalledApp) -> None:
    allowed = {"aiscore_kit", "splunklib", "requests", "urllib3", "splunk"} | sys.stdlib_module_names
    for path in (installed.folder / "bin").rglob("*.py"):
        found = re.findall(r"^\s*(?:from|import) ([\w]+)", path.read_text(), re.MULTILINE)
        assert set(found) <= allowed, path
        heavy = re.findall(r"^(?:from|import) (requests|urllib3)", path.read_text(), re.MULTILINE)
        assert not heavy, f"{path.name} loads {heavy} at start-up: every getinfo would pay for it"


def test_views_are_well_formed() -> None:
    from xml.etree import ElementTree

    views = Path(package.HERE / "default" / "data" / "ui" / "views")
    names = {path.stem for path in views.glob("*.xml")}
    navigation = ElementTree.parse(package.HERE / "default" / "data" / "ui" / "nav" / "default.xml")
    assert {view.get("name") for view in navigation.iter("view")} <= names | {"search"}
    for path in views.glob("*.xml"):
        assert ElementTree.parse(path).getroot().get("version") == "1.1"


KEEP, CHECK = "AIScore - Keep the head of the ledger", "AIScore - Check the ledger against its kept heads"


def test_the_ledger_searches_are_off_and_read_what_they_write() -> None:
    searches = conf("savedsearches")
    for name in (KEEP, CHECK):
        stanza = searches[name]
        assert stanza["disabled"] == "1" and stanza["enableSched"] == "1" and f"*{name}*" in DOCS
    index = searches[KEEP]["action.summary_index._name"]
    assert searches[KEEP]["action.summary_index"] == "1"
    assert f'index={index} source="{KEEP}"' in searches[CHECK]["search"]
    assert (searches[CHECK]["relation"], searches[CHECK]["quantity"]) == ("greater than", "0")
    assert 'state!="holds" OR heads=0' in searches[CHECK]["search"]


def test_the_second_search_takes_no_more_heads_than_the_command() -> None:
    (most,) = re.findall(r"\| sort (\d+) - _time", conf("savedsearches").get(CHECK, "search", raw=True))
    head = options("aiaudit")["head"].validate
    one = "7:" + "a" * 64
    assert head(",".join([one] * int(most))) and head("none")
    with pytest.raises(ValueError):
        head(",".join([one] * (int(most) + 1)))
