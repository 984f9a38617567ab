"""`aiscore run`: the same words as in SPL, on CSV, without a server or a token."""

import csv
import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from models.fields import output_names
from sidecar.cli import main
from tests.models import test_learned_peers as groups
from tests.models.tables import one
from tests.sidecar.conftest import events

ROOT = Path(__file__).parents[2]
TRAIN = events()


class Input:
    """Standard input that holds these bytes."""

    def __init__(self, body: bytes, terminal: bool = False) -> None:
        self.buffer = io.BytesIO(body)
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal


@pytest.fixture(autouse=True)
def own_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    """The commands set this for their process; here it must not outlive a test."""
    monkeypatch.setenv("NUMBA_CACHE_DIR", os.environ.get("NUMBA_CACHE_DIR", ""))


@pytest.fixture
def run(home: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]):  # type: ignore[no-untyped-def]
    """Runs `aiscore run ...` on the fitted home; gives exit code, output and what was told."""

    def go(*words: str, body: bytes = b"", terminal: bool = False) -> tuple[int, bytes, str]:
        monkeypatch.setattr(sys, "stdin", Input(body, terminal))
        code = main(["run", *words, "--home", str(home)])
        said = capfdbinary.readouterr()
        return code, said.out, said.err.decode()

    return go


def rows(body: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(body.decode(), newline="")))


ODD = (
    b"_time,user,dest,bytes,_raw,empty\r\n"
    b'1700300000,u1,h1,500,"a ""quoted"", multi\nline",\r\n'
    b'1700300100,u2,h2,,"\xff\x00 bytes",\r\n'
    b'1700300050,u3,"h3",7e2, spaces ,\r\n'
)


def test_score_passes_rows_through_and_adds_its_fields(run) -> None:  # type: ignore[no-untyped-def]
    code, out, told = run("score", "model=ait", "explain=1", body=ODD)
    assert (code, told) == (0, "")
    names = ",".join(output_names()).encode()
    assert out.startswith(b"_time,user,dest,bytes,_raw,empty," + names + b"\r\n")
    # Take the new cells away again, and every byte that came in is there, in its order.
    for line in ODD.split(b"\r\n")[1:-1]:
        assert line + b"," in out
    assert out.index(b"u1") < out.index(b"u2") < out.index(b"u3")
    assert out.count(b"\r\n") == 4 and out.endswith(b"\r\n")


def test_rows_may_come_in_any_order_of_time(run) -> None:  # type: ignore[no-untyped-def]
    lines = events(1, 20, seed=2).splitlines(keepends=True)
    forward = rows(run("score", "model=ait", "explain=none", body=b"".join(lines))[1])
    backward = rows(run("score", "model=ait", "explain=none", body=lines[0] + b"".join(lines[:0:-1]))[1])
    assert [row["ai_score"] for row in backward] == [row["ai_score"] for row in forward][::-1]


def test_fields_that_are_there_already_are_replaced(run) -> None:  # type: ignore[no-untyped-def]
    once = run("score", "model=ait", "explain=none", body=ODD)[1].decode("latin-1")
    twice = run("score", "model=ait", "explain=none", body=once.encode("latin-1"))[1].decode("latin-1")
    assert twice.splitlines()[0] == once.splitlines()[0]
    again, same = (list(csv.reader(io.StringIO(text, newline=""))) for text in (twice, once))
    assert again == same


def test_empty_lines_at_the_end_are_no_rows(run) -> None:  # type: ignore[no-untyped-def]
    right = run("score", "model=ait", "explain=none", body=ODD)
    assert run("score", "model=ait", "explain=none", body=ODD + b"\r\n\n") == right


def test_a_header_alone_gives_a_header(run) -> None:  # type: ignore[no-untyped-def]
    code, out, _ = run("score", "model=ait", body=b"_time,user\n")
    assert code == 0 and out.count(b"\n") == 1 and b"ai_score" in out


def test_fit_tells_one_row_and_takes_over_at_once(run) -> None:  # type: ignore[no-untyped-def]
    code, out, told = run("fit", "model=ait", "entity=user", "seed=9", body=TRAIN)
    (row,) = rows(out)
    assert (code, told, row["model"], row["state"], row["rows"], row["positives"]) == (
        0,
        "",
        "ait",
        "champion",
        "160",
        "0",
    )
    assert len(row["bundle"]) == len(row["generation"]) == 12
    assert rows(run("models")[1])[0]["champion"] == row["bundle"]


def test_a_challenger_waits(run) -> None:  # type: ignore[no-untyped-def]
    before = rows(run("models")[1])[0]["champion"]
    (row,) = rows(run("fit", "model=ait", "entity=user", "seed=9", "challenger=true", body=TRAIN)[1])
    assert row["state"] == "challenger"
    (listed,) = rows(run("models")[1])
    assert (listed["champion"], listed["challengers"]) == (before, row["bundle"])
    run("models", "model=ait", "action=promote", f"version={row['bundle']}")
    assert rows(run("models")[1])[0]["champion"] == row["bundle"]


def test_even_a_first_fit_waits_where_it_is_to(run) -> None:  # type: ignore[no-untyped-def]
    (row,) = rows(run("fit", "model=young", "entity=user", "challenger=true", body=TRAIN)[1])
    assert row["state"] == "challenger"
    code, _, told = run("score", "model=young", body=TRAIN)
    assert code == 2 and "'young' has no champion" in told and f"promote model=young version={row['bundle']}" in told
    run("models", "model=young", "action=promote", f"version={row['bundle']}")
    assert run("score", "model=young", body=TRAIN)[0] == 0


def test_what_was_learned_and_forgotten_is_said_beside_the_answer(run) -> None:  # type: ignore[no-untyped-def]
    (row,) = rows(run("fit", "model=lesson", "entity=user", body=TRAIN)[1])
    code, out, told = run("learn", "model=lesson", body=TRAIN)
    assert code == 0 and rows(out)[0]["taught"] in told and " rows taught " in told
    before = rows(run("models", "model=lesson")[1])[0]["generation"]
    code, out, told = run("learn", "model=lesson", body=TRAIN.split(b"\n")[0] + b"\n")
    assert (code, rows(out)[0]["rows"], rows(out)[0]["generation"]) == (0, "0", before)
    assert "no events: nothing was learned" in told
    code, out, told = run("learn", "model=lesson", "action=forget", "entity=nobody")
    assert (code, rows(out)) == (0, []) and "nothing was forgotten" in told
    user = TRAIN.split(b"\n")[1].split(b",")[TRAIN.split(b"\n")[0].split(b",").index(b"user")].decode()
    _, one, told = run("learn", "model=lesson", "action=forget", f"entity={user}", "dry=true")
    learned = sum(int(each["rows"]) for each in rows(one))
    days = len(rows(one))
    assert f"{learned} rows of that entity, learned on {days} UTC day{'s' * (days > 1)} would be forgotten" in told
    run("fit", "model=lesson", "entity=user", "seed=8", body=TRAIN)
    _, both, told = run("learn", "model=lesson", "action=forget", f"entity={user}", "dry=true")
    assert len(rows(both)) == 2 * days and "by 2 versions together, would be forgotten; 2 versions tainted" in told


def test_events_that_are_none_have_no_quality(run) -> None:  # type: ignore[no-untyped-def]
    code, out, told = run("quality", body=TRAIN.split(b"\n")[0] + b"\n")
    assert (code, out) == (2, b"") and "there are no events to examine (events)" in told


def test_the_same_fit_is_the_same_version(run) -> None:  # type: ignore[no-untyped-def]
    first, again = (rows(run("fit", "model=x", "entity=user", body=TRAIN)[1])[0] for _ in range(2))
    assert first == again
    assert rows(run("models", "model=x")[1])[0]["state"] == "champion"


def test_learned_groups_keep_their_names_from_fit_to_fit(run) -> None:  # type: ignore[no-untyped-def]
    """A name alone would be another: the fit goes on with those of the champion of the same model."""
    strange = one(user="user2", dest="sap9").write_csv().encode()

    def name_after(model: str, seed: int) -> str:
        body = groups.past(seed).write_csv().encode()
        words = ("entity=user", "fields=dest,app,bytes", "peers=user", f"seed={seed}")
        assert run("fit", f"model={model}", *words, body=body)[0] == 0
        reasons = rows(run("score", f"model={model}", "explain=all", body=strange)[1])[0]["ai_reasons"]
        return reasons.partition("peers (like ")[2].partition(")")[0]

    first = name_after("kept", 1)
    assert first and name_after("kept", 3) == first != name_after("fresh", 3)


def test_peers_are_read_as_entity_and_field(run) -> None:  # type: ignore[no-untyped-def]
    code, _, told = run("fit", "model=p", "entity=user", "peers=user:absent", body=TRAIN)
    assert code == 2 and "the peers field is not in the data" in told and "absent" in told
    code, _, told = run("fit", "model=p", "entity=user", "peers=dest", body=TRAIN)
    assert code == 2 and "peers of no entity" in told


def wide(columns: int) -> bytes:
    names = ["_time", *(f"c{number}" for number in range(columns))]
    lines = [",".join([str(1_700_000_000 + row), *("1" for _ in names[1:])]) for row in range(3)]
    return "\n".join([",".join(names), *lines]).encode() + b"\n"


def column(values: list[str]) -> bytes:
    lines = TRAIN.decode().splitlines()
    wider = [lines[0] + ",extra", *(f"{line},{value}" for line, value in zip(lines[1:], values, strict=True))]
    return "\n".join(wider).encode() + b"\n"


@pytest.mark.parametrize(
    ("words", "body", "told"),
    [
        (["score", "model=ait"], b"", "input is empty"),
        (["score", "model=ait"], b"\n \n", "input is empty"),
        (["fit", "model=x"], b"", "input is empty"),
        (["fit", "model=x"], b"_time,user\n", "rows"),
        (["fit", "model=x"], b"_time,user\n1700000000,a\n", "rows"),
        (["fit", "model=x", "entity=usr"], TRAIN, "usr"),
        (["fit", "model=x", "time=when"], TRAIN, "when"),
        (["fit", "model=x", "label=lab"], TRAIN, "lab"),
        (["fit", "model=x", "fields=dest,nope"], TRAIN, "nope"),
        (["fit", "model=x", "time=user"], TRAIN, "user"),
        (["fit", "model=x", "recipe=nope"], TRAIN, "recipe"),
        (["fit", "entity=user"], TRAIN, "model"),
        (["fit", "model=x", "entitty=user"], TRAIN, "did you mean 'entity'"),
        (["fit", "model=x", "seed=many"], TRAIN, "seed"),
        (["fit", "model=a b"], TRAIN, "model"),
        (["fit", "model"], TRAIN, "key=value"),
        (["score", "model=ait"], b"a,b\n1,2,3\n", "not valid CSV"),
        (["score", "model=nope"], TRAIN, "known models: ait"),
        (["score", "model=ait", "explain=some"], TRAIN, "explain"),
        (["scoore", "model=ait"], TRAIN, "score"),
        (["models", "job=x"], b"", "job"),
        (["fit", "model=x"], wide(10_001), "columns"),
    ],
)
def test_what_cannot_be_done_is_told_in_one_line(run, words: list[str], body: bytes, told: str) -> None:  # type: ignore[no-untyped-def]
    code, out, said = run(*words, body=body)
    assert (code, out) == (2, b"")
    assert said.count("\n") == 1 and said.startswith("aiscore: ") and told in said, said


@pytest.mark.parametrize(
    "values",
    [
        ["same"] * 160,
        [f"unique{number}" for number in range(160)],
        [("1", "x", "", "2.5", "NaN", "1e309", "-inf", "ü")[number % 8] for number in range(160)],
        [""] * 160,
    ],
    ids=["constant", "unique", "mixed", "empty"],
)
def test_odd_columns_are_no_obstacle(run, values: list[str]) -> None:  # type: ignore[no-untyped-def]
    code, out, told = run("fit", "model=odd", "entity=user", body=column(values))
    assert code == 0 and told.count("\n") <= 1, told
    doubted = {"same": "constant", "unique0": "unique per row", "": "empty"}.get(values[0])
    assert told == (f"aiscore: doubtful fields: extra: {doubted}\n" if doubted else ""), told
    code, out, told = run("score", "model=odd", "explain=2", body=column(values))
    assert (code, told) == (0, "")
    assert all(0 <= float(row["ai_score"]) < 1 for row in rows(out))


def test_five_thousand_columns_pass_through_score(run) -> None:  # type: ignore[no-untyped-def]
    code, out, told = run("score", "model=ait", "explain=none", body=wide(5_000))
    assert code == 0 and told.startswith("aiscore: 3 of 3 rows are not scored"), "none of them is one of the model's"
    assert out.splitlines()[0].count(b",") == 5_000 + len(output_names())


def test_nobody_waits_for_a_terminal(run) -> None:  # type: ignore[no-untyped-def]
    code, _, told = run("score", "model=ait", terminal=True)
    assert code == 2 and "pipe a CSV file in" in told


def test_a_bug_is_told_in_one_line_too(run, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    def fail(*_: object) -> None:
        raise ZeroDivisionError("S3CRET")

    monkeypatch.setattr("sidecar.local.run", fail)
    code, _, told = run("models")
    assert code == 70 and told.count("\n") == 1 and "ZeroDivisionError" in told and "S3CRET" not in told


def test_a_broken_store_is_told_in_one_line(run, home: Path) -> None:  # type: ignore[no-untyped-def]
    (home / "ledger.db").write_bytes(b"x" * 4096)
    for end in ("-wal", "-shm"):
        (home / f"ledger.db{end}").unlink(missing_ok=True)
    code, _, told = run("models")
    assert code == 1 and told.count("\n") == 1 and "ledger" in told


def test_in_a_shell_as_it_is_written(tmp_path: Path) -> None:
    (tmp_path / "train.csv").write_bytes(TRAIN)
    script = """
    aiscore() { "$PYTHON" -m sidecar "$@"; }
    aiscore run fit --home "$HOME_" model=ait entity=user time=_time fields="dest,bytes" < train.csv > fitted.csv
    aiscore run score model=ait --home "$HOME_" explain=none < train.csv > scored.csv
    aiscore run score model=ait --home "$HOME_" explain=none < train.csv | head -n 1 > first.csv
    """
    given = os.environ | {"PYTHON": sys.executable, "HOME_": str(tmp_path / "home"), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(["bash", "-ec", script], cwd=tmp_path, env=given, capture_output=True, text=True, timeout=300)
    assert (done.returncode, done.stderr) == (0, "")
    scored = (tmp_path / "scored.csv").read_bytes()
    assert scored.count(b"\n") == TRAIN.count(b"\n")
    assert (tmp_path / "first.csv").read_bytes() == scored.splitlines(keepends=True)[0]
    assert (tmp_path / "home").stat().st_mode & 0o077 == 0
