"""What the sidecar and the app are made of: `python -m splunk_app.sbom` writes a CycloneDX file for each to dist/.

They are made from the pinned lists, with the hashes of all files that may be installed, and are the same bytes each
time. Licences are told as far as the installed library of that very version tells its own.
"""

import argparse
import importlib.metadata
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cyclonedx.model import HashAlgorithm, HashType
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.license import DisjunctiveLicense, LicenseExpression
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

from splunk_app import package

SIDECAR = package.ROOT / "sidecar" / "requirements.txt"
PRODUCT_LICENCE = "Apache-2.0"
_PIN = re.compile(
    r"^(?P<name>[A-Za-z0-9._-]+)(?:\[[^]]*\])?==(?P<version>[^\s;\\]+)(?P<rest>(?:.*\\\n)*.*)", re.MULTILINE
)
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")
_MAX_NAME = 60


@dataclass(frozen=True)
class Pin:
    """A library of a list: its one version, and the SHA-256 of each file that may be installed."""

    name: str
    version: str
    hashes: tuple[str, ...]


def pins(text: str) -> list[Pin]:
    r"""The libraries of a requirements file, by name.

    >>> pins("b==2 \\\n    --hash=sha256:" + 64 * "0" + "\na==1\n")[1].hashes == (64 * "0",)
    True
    """
    found = [
        Pin(_normal(match["name"]), match["version"], tuple(sorted(_HASH.findall(match["rest"]))))
        for match in _PIN.finditer(text)
    ]
    return sorted(found, key=lambda pin: pin.name)


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def bom(name: str, listed: list[Pin]) -> Bom:
    """The bill of materials of a product of ours."""
    version = package.version()
    product = Component(
        name=name,
        version=version,
        type=ComponentType.APPLICATION,
        bom_ref=f"{name}@{version}",
        licenses=[LicenseExpression(PRODUCT_LICENCE)],
    )
    made = Bom(components=[_component(pin) for pin in listed])
    made.metadata.component = product
    # Neither the moment nor a number drawn by chance says anything about the content.
    made.metadata.timestamp = datetime.fromtimestamp(package.TIME, UTC)
    made.serial_number = uuid.uuid5(uuid.NAMESPACE_OID, f"{name} {version} {listed}")
    made.register_dependency(product, made.components)
    return made


def _component(pin: Pin) -> Component:
    return Component(
        name=pin.name,
        version=pin.version,
        type=ComponentType.LIBRARY,
        bom_ref=f"{pin.name}@{pin.version}",
        purl=PackageURL("pypi", name=pin.name, version=pin.version),
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=digest) for digest in pin.hashes],
        licenses=list(_licences(pin)),
    )


def _licences(pin: Pin) -> Iterator[LicenseExpression | DisjunctiveLicense]:
    try:
        told = importlib.metadata.metadata(pin.name)
    except importlib.metadata.PackageNotFoundError:
        return
    if told["Version"] != pin.version:
        return
    words = [line.rpartition(" :: ")[2] for line in told.get_all("Classifier") or [] if line.startswith("License ::")]
    plain = told.get("License") or ""
    if told.get("License-Expression"):
        yield LicenseExpression(told["License-Expression"])
    elif words:
        yield from (DisjunctiveLicense(name=word) for word in words)
    elif 0 < len(plain) <= _MAX_NAME and "\n" not in plain:
        yield DisjunctiveLicense(name=plain)


def build(target: Path) -> list[Path]:
    """Write both files into the folder `target` and return their paths."""
    target.mkdir(parents=True, exist_ok=True)
    made = {"aiscore-sidecar": SIDECAR, "aiscore-app": package.REQUIREMENTS}
    paths = []
    for name, listed in made.items():
        path = target / f"{name}-{package.version()}.cdx.json"
        text = JsonV1Dot6(bom(name, pins(listed.read_text(encoding="utf-8")))).output_as_string(indent=1)
        path.write_text(text + "\n", encoding="utf-8")
        paths.append(path)
    return paths


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m splunk_app.sbom", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--dest", type=Path, default=package.ROOT / "dist", help="folder to write to (default: dist)")
    for path in build(parser.parse_args().dest):
        print(path)


if __name__ == "__main__":
    main()
