"""A small fitted home, made once with the real models, and copied for each test that needs one."""

import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from sidecar import tickets
from sidecar.api.service import Service
from sidecar.app import create_app, open_house
from sidecar.settings import Settings
from sidecar.tasks.fit import FitOptions
from sidecar.tasks.fit import run as fit
from sidecar.wire import Limits, read_csv

ROOT = Path(__file__).parents[2]
SECRET = "0123456789abcdef" * 4
DAY_S = 86_400


def events(days: int = 4, a_day: int = 40, seed: int = 1) -> bytes:
    """Log-ons of six users as Splunk writes them, ascending in time."""
    chance = random.Random(seed)
    lines = ["_time,user,dest,bytes"]
    for number in range(days * a_day):
        time = 1_700_000_000 + number * (DAY_S // a_day)
        lines.append(f"{time},u{chance.randint(0, 5)},h{chance.randint(0, 9)},{chance.randint(100, 9999)}")
    return "\n".join(lines).encode() + b"\n"


@pytest.fixture(scope="session")
def fitted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with one model, `ait`."""
    home = tmp_path_factory.mktemp("fitted") / "home"
    house = open_house(Settings(home=home), by="ann")
    fit(read_csv(events(), Limits()), FitOptions(model="ait", entity=("user",)), house)
    # Compiled kernels are kept in the home: copies of it need not compile them again.
    words = [sys.executable, "-m", "sidecar", "run", "--home", str(home), "score", "model=ait", "explain=all"]
    subprocess.run(words, input=events(1, 3), stdout=subprocess.DEVNULL, check=True, cwd=ROOT, timeout=300)
    return home


@pytest.fixture
def home(fitted: Path, tmp_path: Path) -> Path:
    """A copy of the fitted home, to be changed at will."""
    return Path(shutil.copytree(fitted, tmp_path / "home"))


@dataclass
class Api:
    """A client of the application in this process, with a ticket for `user` and `scopes`."""

    app: Flask
    user: str = "ann"
    scopes: tuple[str, ...] = ("score", "fit", "admin")
    client: FlaskClient = field(init=False)

    def __post_init__(self) -> None:
        self.client = self.app.test_client()

    @property
    def service(self) -> Service:
        service: Service = self.app.extensions["aiscore"]
        return service

    def ticket(self) -> str:
        return tickets.make(self.user, self.scopes, SECRET.encode(), self.service.house.clock())

    def send(self, method: str, url: str, body: bytes = b"", **headers: str) -> TestResponse:
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        given = {"Authorization": f"Bearer {self.ticket()}", "Content-Type": "text/csv"} | given
        return self.client.open(url, method=method, data=body, headers=given)

    def post(self, url: str, body: bytes = b"", **headers: str) -> TestResponse:
        return self.send("POST", url, body, **headers)

    def put(self, url: str, body: bytes = b"", **headers: str) -> TestResponse:
        return self.send("PUT", url, body, **headers)

    def get(self, url: str, **headers: str) -> TestResponse:
        return self.send("GET", url, **headers)


@pytest.fixture
def make_api(home: Path) -> Any:
    """Opens the fitted home with other settings."""

    def make(**settings: Any) -> Api:
        return Api(create_app(Settings(home=home, ticket_secret=SECRET, **settings)))  # type: ignore[arg-type]

    return make


@pytest.fixture
def api(make_api: Any) -> Iterator[Api]:
    """The application over the fitted home."""
    yield make_api()


def code_of(response: TestResponse) -> tuple[int, str]:
    """Status and code of a problem."""
    assert response.mimetype == "application/problem+json", response.data
    return response.status_code, response.get_json()["code"]
