"""What the fields of a recipe become: from a small raw table to values and columns."""

from __future__ import annotations

import math

import polars as pl
import pytest

from models.features.recipe import load_recipe
from models.features.values import read_numbers, value_lists, with_derived

EMAIL = {
    "_time": ["1772359200", "1772359260"],
    "src_user": ["ann@corp.example", "ann@corp.example"],
    "recipient": [["bob@mail.partner.co.uk", "eve@partner.co.uk"], ["joe@Other.example."]],
    "file_type": [["pdf", "zip"], None],
}
PROCESSES = {
    "_time": ["1772359200"] * 3,
    "dest": ["ws-1"] * 3,
    "user": ["ann", "SYSTEM@ws-1", ""],
    "parent_process_name": ["WINWORD.EXE", "services.exe", ""],
    "process_name": ["powershell.exe", "svchost.exe", "sh"],
    "process_path": ["C:/Users/ann/AppData/Local/Temp/powershell.exe", "C:/Windows/System32/svchost.exe", "unknown"],
    "original_file_name": ["PowerShell.EXE", "svchost.exe", "unknown"],
    "process": ['"C:/Program Files/PS/powershell.exe" -NoP -w 1 -enc SQBFAFgAKABOAGUAdwAtAE8AYgBq', "abab", ""],
}
WEB = {
    "_time": ["1772359200"] * 3,
    "src": ["ws-1"] * 3,
    "url_domain": ["www.news.co.uk", "ab.top", "203.0.113.7"],
}


@pytest.mark.parametrize(
    ("recipe", "table", "name", "wanted"),
    [
        ("email", EMAIL, "recipient_domain", [["partner.co.uk", "partner.co.uk"], ["other.example"]]),
        ("email", EMAIL, "file_type", [["pdf", "zip"], []]),
        ("processes", PROCESSES, "program", [["powershell.exe"], ["svchost.exe"], ["sh"]]),
        ("processes", PROCESSES, "lineage", [["WINWORD.EXE > powershell.exe"], ["services.exe > svchost.exe"], []]),
        ("processes", PROCESSES, "folder", [["c:/users/*/appdata/local/temp"], ["c:/windows/system32"], []]),
        (
            "processes",
            PROCESSES,
            "renamed",
            [["PowerShell.EXE > powershell.exe"], ["svchost.exe > svchost.exe"], ["unknown > sh"]],
        ),
        ("processes", PROCESSES, "command", [["powershell.exe", "-nop", "-w", "#", "-enc", "<b64>"], ["abab"], []]),
        ("web", WEB, "domain", [["news.co.uk"], ["ab.top"], ["203.0.113.7"]]),
    ],
)
def test_texts(recipe: str, table: dict[str, list[object]], name: str, wanted: list[list[str]]) -> None:
    found = with_derived(pl.DataFrame(table), load_recipe(recipe).spec.fields)
    lists = value_lists(found, name).to_list()
    assert [[value for value in values or [] if value] for values in lists] == wanted


def test_numbers_of_a_command_line() -> None:
    found = with_derived(pl.DataFrame(PROCESSES), load_recipe("processes").spec.fields)
    length, entropy = (read_numbers(found, f"command_{name}") for name in ("length", "entropy"))
    assert length[:2].tolist() == [80.0, 4.0] and math.isnan(length[2])
    assert entropy[1] == 1.0 and 4 < entropy[0] < 6 and math.isnan(entropy[2])


def test_the_spelling_of_a_host() -> None:
    found = with_derived(pl.DataFrame(WEB), load_recipe("web").spec.fields)
    assert found["spelling"].to_list()[1] == ["^ab", "ab.", "b.t", ".to", "top", "op$"]


@pytest.mark.parametrize(
    ("recipe", "owner", "columns"),
    [
        (
            "email",
            "src_user",
            {"recipient_domain@src_user.max", "file_type@src_user.new", "bytes_1h@src_user.z", "_time"},
        ),
        ("processes", "user", {"lineage@dest.new", "command@user.max", "command_entropy@dest.z", "user@dest.new"}),
        ("web", "src", {"domain@src.new", "spelling@user.mean", "bytes_out_1h@src.z", "http_user_agent@user"}),
    ],
)
def test_each_entity_has_its_columns(recipe: str, owner: str, columns: set[str]) -> None:
    spec = load_recipe(recipe).spec
    assert owner in spec.entities and columns <= {column.name for column in spec.columns()}
