"""An independent check: the detections as a project of contentctl (Splunk's tool for Enterprise Security content).

`python -m splunk_app.searches.contentctl` writes the project to build/contentctl, has `contentctl validate` and
`contentctl build` work on it, and compares the stanzas that contentctl builds with those that are shipped: names, risk,
annotations, throttling. contentctl stands in an environment of its own, for its pins are not ours. It checks no SPL.
ATT&CK's data is not fetched: that a technique exists is not checked here, only which phases its tactics stand for.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import uuid
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from splunk_app.searches.definitions import Definitions, definitions
from splunk_app.searches.files import files
from splunk_app.searches.rules import PREFIX, SUFFIX
from splunk_app.searches.stanzas import stanzas

VERSION = "5.6.2"
ROOT = Path(__file__).resolve().parents[2]
WORK = ROOT / "build" / "contentctl"
PRODUCTS = ["Splunk Enterprise", "Splunk Enterprise Security", "Splunk Cloud"]
STORY = "AIScore"
SAMPLES = (
    "detections/endpoint/anomalous_usage_of_7zip.yml",
    "stories/cobalt_strike.yml",
    "data_sources/sysmon_eventid_1.yml",
)
TACTICS = {
    "TA0043": "Reconnaissance",
    "TA0001": "Initial Access",
    "TA0002": "Execution",
    "TA0003": "Persistence",
    "TA0004": "Privilege Escalation",
    "TA0005": "Defense Evasion",
    "TA0006": "Credential Access",
    "TA0007": "Discovery",
    "TA0008": "Lateral Movement",
    "TA0009": "Collection",
    "TA0011": "Command And Control",
    "TA0010": "Exfiltration",
    "TA0040": "Impact",
}
SAME = (
    "action.risk",
    "action.risk.param._risk_message",
    "action.risk.param._risk_score",
    "action.correlationsearch.enabled",
    "action.correlationsearch.detection_type",
    "action.notable",
    "action.notable.param.security_domain",
    "alert.suppress.fields",
    "alert.suppress.period",
    "alert.digest_mode",
    "counttype",
    "relation",
    "quantity",
    "enableSched",
    "realtime_schedule",
)
"""Keys that must have the same value in both."""
MEANT = {(definitions().threshold.name, "alert.digest_mode")}
"""Where ours differs on purpose: without ES the stacking rule is an alert for each result, throttled by its fields."""
PHASES = (
    "from contentctl.objects.constants import ATTACK_TACTICS_KILLCHAIN_MAPPING as m; import json; print(json.dumps(m))"
)


def main() -> int:
    """The exit status."""
    tool = _tool()
    project = WORK / "project"
    shutil.rmtree(project, ignore_errors=True)
    project.mkdir(parents=True)
    _run([tool / "contentctl", "init"], project)
    found = definitions()
    write(project, found)
    for verb in ("validate", "build"):
        done = _run([tool / "contentctl", verb], project)
        if done.returncode:
            print(done.stdout + done.stderr)
            print(f"contentctl {VERSION} {verb}: FAILED")
            return 1
        print(f"contentctl {VERSION} {verb}: ok")
    (built,) = project.glob("dist/*/default/savedsearches.conf")
    wrong = [*differences(detections(found), read(built.read_text(encoding="utf-8")))]
    phases = json.loads(_run([tool / "python", "-c", PHASES], project).stdout)
    wrong += wrong_phases(found, phases)
    print("\n".join(wrong) or "no differences")
    print(f"{len(detections(found))} detections, {len(wrong)} differences")
    return 1 if wrong else 0


def _tool() -> Path:
    """The folder of contentctl's programs, installed when it is not there."""
    environment = WORK / f"venv-{VERSION}"
    if not (environment / "bin" / "contentctl").exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(environment)], check=True)
        pip: list[str | Path] = [environment / "bin" / "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, f"contentctl=={VERSION}"], check=True)
    return environment / "bin"


def _run(words: Sequence[str | Path], folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=300)


def detections(found: Definitions) -> dict[str, dict[str, str]]:
    """The shipped stanzas that are detections."""
    return {name: keys for name, keys in stanzas(found).items() if name.endswith(SUFFIX)}


def write(project: Path, found: Definitions) -> None:
    """The project. JSON is YAML too."""
    for sample in SAMPLES:
        (project / sample).unlink(missing_ok=True)
    _dump(project / "contentctl.yml", {"path": ".", "app": _app(), "enrichments": False, "build_app": True})
    _dump(project / "stories" / "aiscore.yml", _story(found))
    for name in sorted({recipe.data_source for recipe in found.recipes.values()}):
        _dump(project / "data_sources" / f"{_file(name)}.yml", _data_source(name, found))
    lookup = _common("aiscore_thresholds", found, "The scores at which the bands begin.")
    fields = ["_key", "model", "low", "medium", "high"]
    _dump(project / "lookups" / "aiscore_thresholds.yml", lookup | {"lookup_type": "kvstore", "fields": fields})
    macros = _macros()
    for name, keys in detections(found).items():
        title = name.removeprefix(PREFIX).removesuffix(SUFFIX)
        _dump(project / "detections" / "application" / f"{_file(title)}.yml", detection(title, keys, macros, found))


def detection(title: str, keys: dict[str, str], macros: dict[str, str], found: Definitions) -> dict[str, Any]:
    """One detection. contentctl looks for fields in the search's text, so its macros stand expanded there."""
    annotated = json.loads(keys["action.correlationsearch.annotations"])
    metadata = json.loads(keys["action.correlationsearch.metadata"])
    search = f"{expanded(keys['search'], macros)} | `{_file(title)}_filter`"
    kind = {"action.risk": "Anomaly", "action.notable": "Correlation"}
    domain = keys.get("action.notable.param.security_domain") or _domain(keys, found)
    made: dict[str, Any] = _common(title, found, keys["description"]) | {
        "id": metadata["detection_id"],
        "version": int(metadata["detection_version"]),
        "status": "experimental",
        "type": next(kind[key] for key in kind if keys.get(key) == "1"),
        "data_source": annotated["data_source"],
        "search": search,
        "how_to_implement": "Install the app, connect the sidecar on its setup page and switch the recipe on.",
        "known_false_positives": "What is unusual and right: see the thresholds and the exceptions.",
        "tags": {
            "analytic_story": [STORY],
            "asset_type": "Network" if domain == "network" else "Endpoint",
            "mitre_attack_id": annotated["mitre_attack"],
            "product": PRODUCTS,
            "security_domain": domain,
            "throttling": {
                "fields": keys["alert.suppress.fields"].split(","),
                "period": keys["alert.suppress.period"],
            },
        },
    }
    if keys.get("action.risk") == "1":
        made["rba"] = _rba(keys)
    return made


def _rba(keys: dict[str, str]) -> dict[str, Any]:
    entries = json.loads(keys["action.risk.param._risk"])
    risks = [
        {"field": one["risk_object_field"], "type": one["risk_object_type"], "score": one["risk_score"]}
        for one in entries
        if "risk_object_field" in one
    ]
    threats = [
        {"field": one["threat_object_field"], "type": one["threat_object_type"]}
        for one in entries
        if "threat_object_field" in one
    ]
    return {"message": keys["action.risk.param._risk_message"], "risk_objects": risks, "threat_objects": threats}


def _domain(keys: dict[str, str], found: Definitions) -> str:
    """The security domain of the recipe that a risk rule reads."""
    return next(r.security_domain for r in found.recipes.values() if f"aiscore_rows({r.name})" in keys["search"])


def _common(name: str, found: Definitions, description: str) -> dict[str, Any]:
    date = datetime.fromtimestamp(found.publish_time, UTC).date().isoformat()
    number = str(uuid.uuid5(uuid.NAMESPACE_URL, f"aiscore/contentctl/{name}"))
    return {"name": name, "id": number, "version": 1, "date": date, "author": "AIScore", "description": description}


def _story(found: Definitions) -> dict[str, Any]:
    about = "Events that are not usual for the user or host they belong to."
    tags = {"category": ["Adversary Tactics"], "product": PRODUCTS, "usecase": "Security Monitoring"}
    return _common(STORY, found, about) | {"status": "production", "narrative": about, "references": [], "tags": tags}


def _data_source(name: str, found: Definitions) -> dict[str, Any]:
    model = name.removeprefix("CIM ").replace(" ", "_")
    about = f"Events of the data model {model}."
    return _common(name, found, about) | {"source": model, "sourcetype": "stash", "supported_TA": [], "fields": []}


def _app() -> dict[str, Any]:
    return {
        "uid": 2,
        "title": "AIScore",
        "appid": "aiscore",
        "version": "0.1.0",
        "description": "Anomaly and threat scores",
        "prefix": "AIScore",
        "label": PREFIX.removesuffix(" - "),
        "author_name": "AIScore",
        "author_email": "aiscore@example.com",
        "author_company": "AIScore",
    }


def _dump(path: Path, content: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=1), encoding="utf-8")


def _file(name: str) -> str:
    """A content's file name, and the beginning of its filter macro's name."""
    return re.sub("[ ./-]", "_", name).lower()


def _macros() -> dict[str, str]:
    """Macro (with the number of its arguments) -> `arguments|definition`."""
    text = next(text for path, text in files().items() if path.name == "macros.conf")
    return {name: f"{keys.get('args', '').replace(' ', '')}|{keys['definition']}" for name, keys in read(text).items()}


def expanded(search: str, macros: dict[str, str]) -> str:
    """The search with its macros replaced, and theirs.

    >>> expanded("| `a(x)`", {"a(1)": "f|where $f$=1 | `b`", "b": "|head"})
    '| where x=1 | head'
    """

    def text(call: re.Match[str]) -> str:
        given = [one.strip().strip('"') for one in call[2].split(",")] if call[2] else []
        args, _, definition = macros[f"{call[1]}({len(given)})" if given else call[1]].partition("|")
        for name, value in zip(args.split(","), given, strict=False):
            definition = definition.replace(f"${name}$", value)
        return expanded(definition, macros)

    return re.sub(r"`(\w+)(?:\(([^`]*)\))?`", text, search)


def read(text: str) -> dict[str, dict[str, str]]:
    """The stanzas of a conf file."""
    found: dict[str, dict[str, str]] = {}
    keys: dict[str, str] = {}
    for line in re.sub(r"\\\n", " ", text).splitlines():
        if re.fullmatch(r"\[.+\]", line):
            keys = found.setdefault(line[1:-1], {})
        elif "=" in line and not line.startswith("#"):
            name, _, value = line.partition("=")
            keys[name.strip()] = value.strip()
    return found


def differences(ours: dict[str, dict[str, str]], theirs: dict[str, dict[str, str]]) -> Iterator[str]:
    """Where contentctl would write something else than is shipped."""
    theirs.pop("default", None)
    for name in sorted(ours.keys() ^ theirs.keys()):
        yield f"[{name}] is only in {'the app' if name in ours else 'the project'}"
    for name in sorted(ours.keys() & theirs.keys()):
        one, other = ours[name], theirs[name]
        for key in SAME:
            if one.get(key) != other.get(key) and (name, key) not in MEANT:
                yield f"[{name}] {key}: {one.get(key)!r}, built {other.get(key)!r}"
        for key in (
            "action.risk.param._risk",
            "action.correlationsearch.annotations",
            "action.correlationsearch.metadata",
        ):
            if _comparable(one.get(key)) != _comparable(other.get(key)):
                yield f"[{name}] {key}: {one.get(key)}, built {other.get(key)}"


def _comparable(text: str | None) -> Any:
    """The JSON without what contentctl does not write: messages of single entries, and phases, which need ATT&CK."""
    found = json.loads(text or "null")
    if isinstance(found, list):
        kept = [{k: v for k, v in one.items() if k != "risk_message"} for one in found]
        return sorted(json.dumps(one, sort_keys=True) for one in kept)
    if isinstance(found, dict):
        known = {k: v for k, v in found.items() if k != "kill_chain_phases"}
        return {k: sorted(v) if isinstance(v, list) else v for k, v in known.items()}
    return found


def wrong_phases(found: Definitions, phases: dict[str, str]) -> list[str]:
    """Techniques whose kill chain phases are not those that contentctl gives their tactics."""
    named = {name.lower(): phase for name, phase in phases.items()}
    wrong = []
    for name, technique in found.techniques.items():
        wanted = {named[TACTICS[tactic].lower()] for tactic in technique.tactics}
        if wanted != set(technique.kill_chain_phases):
            wrong.append(f"{name}: phases {technique.kill_chain_phases}, contentctl has {sorted(wanted)}")
    return wrong


if __name__ == "__main__":
    sys.exit(main())
