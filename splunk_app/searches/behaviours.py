"""The macros that say what was strange in an event, and for which entities, by the parts of its explanation."""

from __future__ import annotations

from splunk_app.searches.definitions import Behaviour, Definitions

SHARE = 0.25
"""Of all that an event itself has of strangeness; a behaviour with less does not count, unless it is the most."""

OWN, OWN_SHARE = 2.0, 0.15
"""What an event must have of strangeness of its own: about two standard deviations of ordinary margins, or this share
of all that speaks for strangeness. One that is only near to strange ones, such as another host's while a scan goes on,
has neither: its score stands, but it raises no risk."""


def behaviour_macro(found: Definitions, recipe: str) -> str:
    """The definition of `aiscore_<recipe>_behaviour`: ai_behaviour and ai_techniques of scored rows, commas between."""
    behaviours = found.of_recipe(recipe)
    parts = [_rex(field) for one in behaviours for field in one.fields]
    sums = ", ".join(f"ai_b_{one.name}={_sum(one)}" for one in behaviours)
    names = ", ".join(f"ai_b_{one.name}" for one in behaviours)
    own = "+".join(f"max(ai_b_{one.name}, 0)" for one in behaviours)
    around = "max(tonumber(coalesce(ai_c_context, 0)), 0)"
    return " \\\n".join(
        [
            *_joined([*parts, _rex("context")]),
            f"| eval {sums}",
            f"| eval ai_own={own}, ai_most=max({names}), ai_around={around}",
            f"| eval ai_least=min(ai_most, {SHARE}*ai_own)",
            f"| eval ai_behaviour={_named(behaviours, [one.name for one in behaviours])}",
            f"| eval ai_techniques={_named(behaviours, [_of(one) for one in behaviours])}",
            "| fields - ai_b_* ai_c_* ai_most ai_least ai_own ai_around",
        ]
    )


def _named(behaviours: tuple[Behaviour, ...], values: list[str]) -> str:
    """What counts of an event; the first of the recipe where nothing was explained."""
    return (
        'case(ai_status="unscored", null(), coalesce(ai_contributions, "")="", '
        f'"{values[0]}", \\\n    ai_own<{OWN} AND ai_own<={OWN_SHARE}*(ai_own+ai_around), null(), true(), \\\n'
        f'    mvjoin(mvdedup(mvappend({_each(behaviours, values)})), ","))'
    )


def _joined(stages: list[str]) -> list[str]:
    return [stages[0], *(f"| {stage}" for stage in stages[1:])]


def _rex(field: str) -> str:
    return rf'rex field=ai_contributions "(?:^|; ){field}:\+?(?<ai_c_{field}>-?[0-9][0-9.e+-]*)"'


def _sum(behaviour: Behaviour) -> str:
    return "+".join(f"tonumber(coalesce(ai_c_{field}, 0))" for field in behaviour.fields)


def _each(behaviours: tuple[Behaviour, ...], values: list[str]) -> str:
    pairs = zip(behaviours, values, strict=True)
    return ", ".join(f'if(ai_b_{one.name}>=ai_least, "{value}", null())' for one, value in pairs)


def _of(behaviour: Behaviour) -> str:
    return ",".join(behaviour.techniques)


def entities_macro(found: Definitions) -> str:
    """The definition of `aiscore_entities`: a row for each entity and behaviour of an event, its news named by ai_news
    and ai_same."""
    owners = ", ".join(
        f'ai_recipe="{recipe.name}", mvappend({", ".join(_owner(*pair) for pair in recipe.entities)})'
        for recipe in found.recipes.values()
    )
    news = ", ".join(
        f'ai_field="{field}" AND ai_recipe="{one.recipe}" AND ai_behaviour="{one.name}", {told}'
        for one in found.behaviours
        for field, told in one.same.items()
    )
    shared = "".join(
        f'ai_recipe="{one.recipe}" AND ai_behaviour="{one.name}", "{one.news}", '
        for one in found.behaviours
        if one.news
    )
    return " \\\n".join(
        [
            'makemv delim="," ai_behaviour | mvexpand ai_behaviour',
            f"| eval ai_entity=case({owners}) | mvexpand ai_entity",
            r'| rex field=ai_entity "^(?<entity_type>[^|]+)\|(?<ai_field>[^|]+)\|(?<entity>[\s\S]+)"',
            f"| eval ai_news=case({shared}true(), ai_behaviour)",
            f'| eval ai_same=coalesce(case({news}), "-"), entity_key=md5(entity_type."|".entity)',
        ]
    )


def _owner(field: str, kind: str) -> str:
    return f'"{kind}|{field}|".{field}'
