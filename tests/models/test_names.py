"""A field may have any name, in any role."""

import pytest

from models.plan import FitPlan
from models.training import fit
from tests.models.tables import sign_ins


@pytest.mark.parametrize("name", ["^.*$", "^user$", "a\nb", "\x00", "id", "index", "*", "row"])
def test_an_entity_may_have_any_name(name: str) -> None:
    table = sign_ins(days=3, users=4, a_day=6).rename({"user": name})
    assert fit(table, FitPlan("m", entities=(name,))).card["entities"] == [name]
