"""Twelve weeks of slow poisoning: what guards keep, and what the unguarded lose.

`python -m bench.poisoning` plays simulated companies of several seeds through the functions that `learn` uses, writes
bench/results/poisoning.json and the tables of docs/poisoning.md.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from bench import document
from bench.poisoners import Attack, Floats, Poison, adaptive, blunt, mimic
from models.canaries import Heard, listen
from models.features.ageing import Ageing, fold
from models.features.partition import Partition
from models.features.values import read_values
from models.guard import Guard, scores_alone
from models.learning import learn_days
from models.plan import FitPlan
from models.scoring import Model
from models.simulator.simulation import simulate
from models.training import fit

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "bench" / "results" / "poisoning.json"
DOCUMENT = ROOT / "docs" / "poisoning.md"
DAY_S = 86_400
FITTED_DAYS, WEEKS, WEEK = 28, 12, 7
DAYS = FITTED_DAYS + WEEK * WEEKS + WEEK
VICTIMS = 0.1
FINAL_ROWS = 400
SERVERS = ("rdp", "smb", "sql", "kerberos")
UNGUARDED = Guard(below=2.0, bits=np.inf, alarm=2.0)
BY_ROW = replace(UNGUARDED, below=Guard().below)
"""The guard that only looks at whole rows."""
GUARDS = {"none": UNGUARDED, "by row": BY_ROW, "all": Guard()}
SHOWN = ("medium", "high")


@dataclass(frozen=True)
class Company:
    """events: all days, nobody attacks; reference: fitted on the first four weeks; victims: the accounts with somebody
    inside."""

    events: pl.DataFrame
    start_s: float
    reference: Model
    fitted: Mapping[str, Partition]
    victims: list[str]
    attack: Attack

    @classmethod
    def of(cls, seed: int, users: int) -> Company:
        found = simulate(seed=seed, users=users, days=DAYS, stories=[])
        start_s = float(found.events["_time"][0] // DAY_S * DAY_S)
        first = found.events.filter(pl.col("_time") < start_s + FITTED_DAYS * DAY_S)
        made = fit(first, FitPlan("p", recipe="authentication", max_rows=60_000, nthread=2))
        model = Model.load("p", made.bundle, "b" * 64, made.generation, "a" * 64)
        fitted = {name: Partition.from_files(files) for name, files in made.partitions.items()}
        victims = np.random.default_rng(seed).choice(found.users["user"].to_numpy(), round(VICTIMS * users), False)
        attack = Attack(found.hosts.filter(pl.col("app").is_in(SERVERS)).select("host", "app"))
        return cls(found.events, start_s, model, fitted, [str(name) for name in victims], attack)

    def days(self, first: int, last: int) -> pl.DataFrame:
        """The events of days first to last, without that."""
        at = (pl.col("_time") - self.start_s) / DAY_S
        return self.events.filter((at >= first) & (at < last))

    def week(self, number: int, dose: float, poison: Poison, rng: np.random.Generator) -> pl.DataFrame:
        """A week of the twelve with poison: this share of the victims' events, on average, is the attacker's."""
        first = FITTED_DAYS + WEEK * number
        added = [self._poisoned(day, dose, poison, rng) for day in range(first, first + WEEK)] if dose else []
        return pl.concat([self.days(first, first + WEEK), *added]).sort("_time")

    def _poisoned(self, day: int, dose: float, poison: Poison, rng: np.random.Generator) -> pl.DataFrame:
        own = self.days(day, day + 1).filter(pl.col("user").is_in(self.victims))
        count = rng.binomial(own.height, dose / (1 - dose))
        chosen = own.sample(count, with_replacement=True, seed=int(rng.integers(1 << 30)))
        return poison(chosen, (day - FITTED_DAYS + 1) / (WEEK * WEEKS), rng) if count else own.clear()

    @cached_property
    def final(self) -> pl.DataFrame:
        """The attack at its full strength, in the week after."""
        own = self.after.filter(pl.col("user").is_in(self.victims)).sample(FINAL_ROWS, with_replacement=True, seed=3)
        return self.attack.final(own, np.random.default_rng(77))

    @cached_property
    def after(self) -> pl.DataFrame:
        return self.days(DAYS - WEEK, DAYS)


@dataclass(frozen=True)
class End:
    """After twelve weeks. recall: the share of the final attack's rows at or above each severity; false: how many
    accounts a day of the week after reach it; heard: what the canaries say of the last generation."""

    recall: Mapping[str, float]
    false: Mapping[str, float]
    heard: Heard

    def told(self) -> dict[str, Any]:
        canaries = {"lost": round(self.heard.lost_share, 4), "silent": self.heard.silent, "safe": self.heard.safe}
        return {"recall": dict(self.recall), "false": dict(self.false), "canaries": canaries}


def played(company: Company, guard: Guard, dose: float, poison: Poison, ageing: Ageing | None = None) -> End:
    """Twelve weeks, each learned as `learn` would, and the baseline at their end."""
    reference, days = company.reference, dict(company.fitted)
    rng = np.random.default_rng(9)
    for number in range(WEEKS):
        days.update(learn_days(company.week(number, dose, poison, rng), reference, guard, 2).days)
    spec = reference.trained.spec
    generation = fold(days, spec, ageing or Ageing(), reference.generation.memberships(spec))
    model = replace(reference, generation=generation)
    attack, after = (_scores(model, table) for table in (company.final, company.after))
    most = company.after.select("user", day=pl.col("_time") // DAY_S, score=pl.Series(after))
    highest = most.group_by("user", "day").agg(pl.col("score").max())["score"].to_numpy()
    limits = dict(zip(SHOWN, reference.trained.thresholds[1:3], strict=True))
    recall = {name: round(float((attack >= limit).mean()), 4) for name, limit in limits.items()}
    false = {name: round(float((highest >= limit).sum()) / WEEK, 3) for name, limit in limits.items()}
    return End(recall, false, listen(reference, generation, 2))


def _scores(model: Model, table: pl.DataFrame) -> Floats:
    return scores_alone(read_values(table, model.trained.spec), model, 2)


def poisons_of(company: Company, guard: Guard) -> dict[str, Poison]:
    """The attackers; the adaptive one knows the limit for rows that its company's guard has, or would have."""
    below = min(guard.below, Guard().below)
    known = adaptive(company.attack, company.reference, below, guard.bits)
    past = company.days(0, FITTED_DAYS)
    return {"blunt": blunt(company.attack), "adaptive": known, "mimic": mimic(past)}


def runs(doses: Iterable[float]) -> Iterable[tuple[str, str, float]]:
    """Guard, attacker and dose of all that is played."""
    doses = list(doses)
    for guard in ("none", "all"):
        yield guard, "nobody", 0.0
        for attacker in ("blunt", "adaptive"):
            yield from ((guard, attacker, dose) for dose in doses)
    yield from (("by row", "nobody", 0.0), ("by row", "adaptive", max(doses)))
    yield from ((guard, "mimic", max(doses)) for guard in ("none", "all"))


def measured(seeds: Iterable[int], users: int, doses: Iterable[float], say: Callable[[str], None]) -> dict[str, Any]:
    """Every run of every seed, by `guard/attacker/dose`."""
    found: dict[str, dict[str, Any]] = {}
    asked = list(runs(doses))
    for seed in seeds:
        company = Company.of(seed, users)
        for guard, attacker, dose in asked:
            poison = poisons_of(company, GUARDS[guard]).get(attacker, blunt(company.attack))
            end = played(company, GUARDS[guard], dose, poison)
            found.setdefault(f"{guard}/{attacker}/{dose:g}", {})[str(seed)] = end.told()
            say(f"{seed} {guard}/{attacker}/{dose:g} {end.told()}")
    return found


def table_of(found: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """One line a run, means over the seeds."""
    rows = []
    for name, seeds in found.items():
        guard, attacker, dose = name.split("/")
        mean = partial(_mean, seeds.values())
        refused = sum(not end["canaries"]["safe"] for end in seeds.values())
        cells = [f"{mean(part, level):.3f}" for part in ("recall", "false") for level in SHOWN]
        rows.append([guard, attacker, f"{100 * float(dose):g}%", *cells, f"{refused} of {len(seeds)}"])
    heads = ["guard", "attacker", "dose", *(f"recall at {x}" for x in SHOWN), *(f"false a day at {x}" for x in SHOWN)]
    return document.table([*heads, "refused by canaries"], rows)


def _mean(ends: Iterable[Mapping[str, Any]], part: str, level: str) -> float:
    return float(np.mean([end[part][level] for end in ends]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=[201, 202, 203])
    parser.add_argument("--users", type=int, default=50)
    parser.add_argument("--doses", type=float, nargs="+", default=[0.02, 0.05, 0.1])
    asked = parser.parse_args()
    found = measured(asked.seeds, asked.users, asked.doses, lambda words: print(words, flush=True))
    told = {"seeds": asked.seeds, "users": asked.users, "runs": found}
    RESULTS.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    document.put(DOCUMENT, "figures", table_of(found))


if __name__ == "__main__":
    main()
