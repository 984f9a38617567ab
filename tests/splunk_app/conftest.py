"""What the app's tests share: the installed package, a stand-in for splunkd, a scripted sidecar, both Pythons."""

import sys
from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.splunk_app.scripted import Sidecar
from tests.splunkd import pythons
from tests.splunkd.app import InstalledApp, package
from tests.splunkd.rest import Splunkd

# A busy machine must not fail a property.
settings.register_profile("app", deadline=None, max_examples=100)
settings.load_profile("app")

# The kit's own modules are tested in this process too.
sys.path.insert(0, str(package.HERE / "bin"))

SECRET = "test-secret-" + "0123456789abcdef" * 3


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> InstalledApp:
    """The package of these sources under a SPLUNK_HOME."""
    return InstalledApp(tmp_path_factory.mktemp("splunk"))


@pytest.fixture
def sidecar() -> Iterator[Sidecar]:
    """A sidecar that follows a script."""
    with Sidecar() as server:
        yield server


@pytest.fixture(scope="session")
def running_splunkd(installed: InstalledApp) -> Iterator[Splunkd]:
    """One stand-in for all tests: its REST handler starts once."""
    with Splunkd(installed) as server:
        yield server


@pytest.fixture
def splunkd(running_splunkd: Splunkd, sidecar: Sidecar) -> Splunkd:
    """splunkd as if just started, with the secret stored and the sidecar's address configured."""
    server = running_splunkd
    for kept in (server.app.home / "var" / "run" / "splunk").rglob("contract-*"):
        kept.unlink()
    server.calls.clear()
    server.passwords.clear()
    server.overrides.clear()
    server.users = {server.user.session_key: server.user}
    server.keep_secret(SECRET)
    server.configure(url=sidecar.url)
    return server


@pytest.fixture(params=pythons.SHIPPED)
def python(request: pytest.FixtureRequest) -> str:
    """Each Python that splunkd ships. A missing one fails the test: a search head will have it."""
    found = pythons.find(request.param)
    assert found, f"Python {request.param} is not installed: the command was NOT tested with it"
    return found


@pytest.fixture
def any_python() -> str:
    """The newest Python that splunkd ships and that is here."""
    return pythons.best(",".join(pythons.SHIPPED))
