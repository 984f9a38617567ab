"""Macros, as https://docs.splunk.com/Documentation/Splunk/latest/Knowledge/Definesearchmacros and macros.conf.spec
describe them."""

from __future__ import annotations

import pytest

from tests.splunkd.spl.errors import SplError
from tests.splunkd.spl.macros import expanded
from tests.splunkd.spl.small_world import SmallWorld
from tests.splunkd.spl.world import Macro

WORLD = SmallWorld(
    macros=[
        Macro("web", (), "index=main sourcetype=access"),
        Macro("purchases", (), "`web` action=purchase"),
        Macro("band", ("lo", "hi"), "status>=$lo$ status<$hi$"),
        Macro("said", ("what",), 'says="$what$" $other$'),
        Macro("both", ("a",), "`band($a$, 9)`"),
        Macro("circle", (), "`circle`"),
        Macro("half", ("n",), "n=$n$", validation="isnum($n$) AND n<100", errormsg="n must be below 100"),
        Macro("top", ("n",), "n=$n$", validation='validate(isnum($n$), "not a number", $n$>0, "too small")'),
        Macro("span", ("s",), 'if($s$>=86400, "span=1d", "span=" . s . "s `web`")', iseval=True),
        Macro("bad", (), "1=1", iseval=True),
    ]
)


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("`web` status=200", "index=main sourcetype=access status=200"),
        ("`purchases` | head 1", "index=main sourcetype=access action=purchase | head 1"),
        ("` web `", "index=main sourcetype=access"),
        ("`band(400,500)`", "status>=400 status<500"),
        ("`band( 400 , 500 )`", "status>=400 status<500"),
        ("`band(lo=400,hi=500)`", "status>=400 status<500"),
        ("`band(hi=500,lo=400)`", "status>=400 status<500"),
        ("`band(lo=400,500)`", "status>=lo=400 status<500"),
        ('`said("a, b")`', 'says="a, b" $other$'),
        # The manual's own example of quotes in a quoted argument.
        (r'`said("He said \"hello!\"")`', 'says="He said "hello!"" $other$'),
        ("`said($other$)`", 'says="$other$" $other$'),
        ("`said()` ", None),
        ("`both(4)`", "status>=4 status<9"),
        # A macro inside quotes is not one; the manual's example.
        ('"audit`users`local"', '"audit`users`local"'),
        ("a ```comment `web` ``` b", "a ```comment `web` ``` b"),
        ("`half(50)`", "n=50"),
        ("`top(50)`", "n=50"),
        ("`span(86400)` x", "span=1d x"),
        ("`span(60)` x", "span=60s index=main sourcetype=access x"),
    ],
)
def test_a_macro_gives_way_to_its_text(text: str, result: str | None) -> None:
    if result is None:
        with pytest.raises(SplError, match="cannot be found"):
            expanded(text, WORLD)
    else:
        assert expanded(text, WORLD) == result


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("`unknown`", "'unknown' that cannot be found"),
        ("`band(1)`", r"'band\(1\)' that cannot be found"),
        ("`circle`", "100 deep"),
        ("`web", "not closed: >>> |backtick"),
        ("`a b`", "not a macro"),
        ("`half(500)`", "n must be below 100"),
        ("`half(many)`", "n must be below 100"),
        ("`top(many)`", "not a number"),
        ("`top(0)`", "too small"),
        ("`bad`", "gives no text"),
    ],
)
def test_a_macro_that_cannot_be_expanded_says_why(text: str, said: str) -> None:
    with pytest.raises(SplError, match=said):
        expanded(text, WORLD)
