"""Every rule with every credential, in this process."""

from pathlib import Path

import pytest
from flask import Flask

from tests.reliability.auth import house, matrix, rules
from tests.reliability.auth.credentials import Credential, World, every
from tests.reliability.auth.matrix import Ask, Cell, Reply


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("auth") / "home"


@pytest.fixture(scope="module")
def world(home: Path) -> World:
    return house.furnish(home)


@pytest.fixture(scope="module")
def asking(home: Path, world: World) -> tuple[Flask, Ask]:
    return house.in_process(home)


def test_every_rule_holds_for_every_credential(asking: tuple[Flask, Ask], world: World) -> None:
    count, wrong = matrix.asked(matrix.sample(matrix.cells(every(world)), 17), asking[1])
    assert wrong == []
    assert count > 5_000


def test_what_is_offered_and_not_ruled_is_named(asking: tuple[Flask, Ask]) -> None:
    assert rules.missing(asking[0]) == []


def test_a_new_route_without_a_rule_is_a_failure() -> None:
    app = Flask("planted", static_folder=None)
    app.add_url_rule("/v1/backdoor", view_func=lambda: "", methods=["POST", "DELETE"])
    found = {name for name in rules.missing(app) if "backdoor" in name}
    assert found == {"DELETE /v1/backdoor", "POST /v1/backdoor", "OPTIONS /v1/backdoor"}


def test_a_new_verb_or_action_without_a_rule_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = [rule for rule in rules.RULES if "/v1/score" not in rule.url and "action=promote" not in rule.url]
    monkeypatch.setattr(rules, "RULES", tuple(kept))
    assert rules.missing(Flask("none", static_folder=None)) == ["POST /v1/score", "POST /v1/models action=promote"]


def test_a_wrong_answer_is_told() -> None:
    (rule,) = [rule for rule in rules.RULES if rule.url == "/v1/models"]
    stranger = Cell("POST", rule.url, b"", Credential("no header", None, None), rule, True)
    assert matrix.faults(stranger, Reply(200, {}, b"")) == ["POST /v1/models with no header: 200, not 401"]
    told = Reply(401, {"www-authenticate": "Bearer"}, b'{"code": "unauthenticated", "detail": "token 12 was revoked"}')
    revoked = stranger._replace(credential=Credential("token revoked", "Bearer k1.12.x", None))
    assert len(matrix.faults(revoked, told)) == 1
