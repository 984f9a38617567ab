"""Some of the part's cases: enough to see each guard stand."""

from pathlib import Path

from tests.reliability.bundles.alter import chosen
from tests.reliability.bundles.resigned import resigned
from tests.reliability.bundles.scene import Scene, fit_two
from tests.reliability.bundles.verify import verify
from tests.reliability.bundles.within import within

ALTERED = 300
RESIGNED = 40


def test_what_was_altered_is_refused_before_it_is_read() -> None:
    found = verify(range(ALTERED), 1)
    assert found.wrong == []
    assert found.counts == {"bundles_mutated": ALTERED, "bundles_refused": ALTERED}


def test_what_was_signed_again_is_refused_or_harmless() -> None:
    last = len(chosen()) + 100
    found = resigned(0, last, 1, last // RESIGNED)
    assert found.wrong == [] and found.counts["bundles_wrong"] == 0
    assert found.counts["bundles_resigned"] >= RESIGNED
    assert found.counts["bundles_refused"] >= 10 and found.counts["bundles_loaded_harmless"] >= 1


def test_a_service_among_damaged_models_keeps_its_champion(tmp_path: Path) -> None:
    found = Scene(fit_two(tmp_path / "fitted"), tmp_path, 1, within, apart=False).play(3)
    assert found.wrong == []
    assert found.counts["damaged_versions_promoted"] == 3 and found.counts["restarts_with_a_damaged_champion"] == 1
