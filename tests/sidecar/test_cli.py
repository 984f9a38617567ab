"""`aiscore token`, `ledger`, `demo` and the help."""

import shlex
import sys
from pathlib import Path
from types import ModuleType

import pytest

from sidecar import tokens
from sidecar.app import open_ledger
from sidecar.cli import main
from sidecar.options import read_options
from sidecar.settings import Settings
from sidecar.verbs import VERBS


def test_a_token_is_made_listed_and_revoked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    home = ["--home", str(tmp_path)]
    assert main(["token", "create", "--name", "nightly, at 3", "--scope", "score, fit", *home]) == 0
    token = capsys.readouterr().out.strip()
    ledger = open_ledger(Settings(home=tmp_path))
    assert tokens.check(token, tokens.fold(ledger.entries())).scopes == {"score", "fit"}
    main(["token", "list", *home])
    assert '"nightly, at 3","score,fit"' in capsys.readouterr().out
    assert main(["token", "revoke", *home, token.split(".")[1]]) == 0
    main(["token", "list", *home])
    assert capsys.readouterr().out.strip().endswith("revoked")
    main(["ledger", "show", *home])
    shown = capsys.readouterr().out
    assert shown.count("\n") == 2 and token.split(".")[2] not in shown


def test_the_shared_secret_stays_the_same(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(2):
        assert main(["token", "secret", "--home", str(tmp_path)]) == 0
    first, again = capsys.readouterr().out.split()
    assert first == again and len(first) == 64


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["token", "create", "--scope", "root"], "root"),
        (["token", "revoke"], "which token"),
        (["token", "revoke", "nope"], "nope"),
    ],
)
def test_token_mistakes_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], told: str
) -> None:
    assert main([*words, "--home", str(tmp_path)]) == 2
    assert told in capsys.readouterr().err


def test_verify_says_what_holds_and_what_does_not(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["token", "create", "--home", str(tmp_path)])
    assert main(["ledger", "verify", "--home", str(tmp_path)]) == 0
    assert "1 entries" in capsys.readouterr().out
    (tmp_path / "ledger.db.head").unlink()
    assert main(["ledger", "verify", "--home", str(tmp_path)]) == 1
    assert "head is missing" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["run", "serve", "token", "ledger", ""])
def test_every_help_has_an_example(capsys: pytest.CaptureFixture[str], command: str) -> None:
    with pytest.raises(SystemExit) as ended:
        main([*([command] if command else []), "--help"])
    said = capsys.readouterr().out
    assert ended.value.code == 0 and "example" in said.lower() or "aiscore run" in said


def test_the_help_names_every_verb(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["run", "--help"])
    said = capsys.readouterr().out
    assert all(verb in said for verb in VERBS)


@pytest.mark.parametrize("name", VERBS)
def test_the_help_of_a_verb_names_its_words_and_has_examples_that_can_be_read(
    capsys: pytest.CaptureFixture[str], name: str
) -> None:
    assert main(["run", name, "--help"]) == 0
    said = capsys.readouterr().out
    options = VERBS[name].options
    assert [word for word in options.words() if f"\n  {word}=" not in said] == []
    examples = [line.split("<")[0] for line in said.splitlines() if line.startswith("  aiscore run ")]
    assert examples and all(len(line) <= 110 for line in said.splitlines())
    for line in examples:
        words = shlex.split(line)
        assert words[:3] == ["aiscore", "run", name]
        read_options(options, [(word.partition("=")[0], word.partition("=")[2]) for word in words[3:]])


def test_the_help_of_what_is_no_verb_names_those_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "dance", "-h"]) == 2
    assert "verbs are score, fit, learn" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words", [["ledger", "verify", "--hom", "x", "y"], ["run", "score", "--speed", "9"], ["dance"], []]
)
def test_unknown_words_end_with_the_usage(capsys: pytest.CaptureFixture[str], words: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2 and "usage" in capsys.readouterr().err


def test_demo_gets_its_own_words(monkeypatch: pytest.MonkeyPatch) -> None:
    play = ModuleType("sidecar.demo.play")
    seen: list[list[str]] = []
    play.main = lambda words: (seen.append(words), 3)[1]  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "sidecar.demo.play", play)
    assert main(["demo", "--report", "x.html"]) == 3
    assert seen == [["--report", "x.html"]]
