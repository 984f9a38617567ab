"""Conf files: continuation, layers, and what does not read back."""

from pathlib import Path

import pytest

from tests.splunkd import confs
from tests.splunkd.app import InstalledApp


def test_a_backslash_goes_on_in_the_next_line() -> None:
    text = '[s]\nsearch = a \\\n| b "x=y" \\\n| c\ndisabled = 1\n'
    assert confs.parse(text) == {"s": {"search": 'a \n| b "x=y" \n| c', "disabled": "1"}}


def test_a_remark_does_not_go_on() -> None:
    assert confs.parse("# a \\\n[s]\na = 1\n") == {"s": {"a": "1"}}


def test_an_indented_line_is_not_a_continuation() -> None:
    with pytest.raises(ValueError, match="line 3"):
        confs.parse("[s]\nsearch = a\n   | b\n")


def test_local_over_default_and_default_stanza_behind(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("x = 0\n[s]\na = 1\nb = 2\n[t]\n")
    (tmp_path / "b").write_text("[s]\nb = 3\n")
    found = confs.read([tmp_path / "a", tmp_path / "b", tmp_path / "absent"])
    assert found == {"s": {"x": "0", "a": "1", "b": "3"}, "t": {"x": "0"}}


def test_what_is_written_reads_back() -> None:
    conf = {"s": {"search": 'a\n| b\n| c "$x$"', "empty": ""}, "t": {"k": "v"}}
    assert confs.parse(confs.text_of(conf)) == conf


def test_a_setting_of_local_is_seen_at_once(tmp_path: Path) -> None:
    (tmp_path / "origin" / "default").mkdir(parents=True)
    (tmp_path / "origin" / "default" / "x.conf").write_text("[s]\na = 1\n")
    app = InstalledApp(tmp_path / "home", tmp_path / "origin")
    assert app.conf("x") == {"s": {"a": "1"}}
    app.set_local("x", "s", {"a": "2", "b": "3"})
    app.set_local("x", "t", {"a": "4"})
    assert app.conf("x") == {"s": {"a": "2", "b": "3"}, "t": {"a": "4"}}
    assert app.conf("absent") == {}
