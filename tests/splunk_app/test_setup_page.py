"""The setup page in a real browser (Chromium, headless), from the first look to live, against the stand-ins."""

import json
import shutil
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import pytest
import trustme
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from tests.splunk_app import setup_scene
from tests.splunk_app.conftest import SECRET
from tests.splunkd.app import InstalledApp
from tests.splunkd.rest import Splunkd, User
from tests.splunkd.web import SplunkWeb

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="NO BROWSER: THE SETUP PAGE WAS NOT TESTED. `make browser` installs Chromium, or says how"
)
VIEW = "/en-US/app/aiscore/aiscore_setup"

# The lowest contrast of any text that is shown, and where: colours as the browser computed them, over what lies behind.
CONTRAST = """() => {
  const parse = (text) => { const n = text.match(/[\\d.]+/g).map(Number); return n.length > 3 ? n : [...n, 1]; };
  const light = ([r, g, b]) => [r, g, b].map((v) => v / 255)
    .map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, at) => sum + v * [0.2126, 0.7152, 0.0722][at], 0);
  const behind = (node) => {
    for (let at = node; at; at = at.parentElement) {
      const colour = parse(getComputedStyle(at).backgroundColor);
      if (colour[3] === 1) return colour;
    }
    return [255, 255, 255, 1];
  };
  let worst = [99, ""];
  for (const node of document.querySelectorAll("#aiscore-setup *")) {
    const own = [...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim());
    if (!(own || node.value) || !node.checkVisibility() || node.disabled) continue;
    const [a, b] = [light(parse(getComputedStyle(node).color)), light(behind(node))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < worst[0]) worst = [ratio, `${node.tagName} ${node.className}: ${node.textContent.slice(0, 40)}`];
  }
  return worst;
}"""
UNNAMED = """() => [...document.querySelectorAll(
    "#aiscore-setup :is(input, select, button, summary, section, [role=region])"
  )].filter((node) => {
    const label = node.labels && node.labels[0] && node.labels[0].textContent;
    const by = document.getElementById(node.getAttribute("aria-labelledby"));
    const described = (node.getAttribute("aria-describedby") || "").split(" ").filter(Boolean);
    const named = label || node.getAttribute("aria-label") || (by && by.textContent) ||
      (["BUTTON", "SUMMARY"].includes(node.tagName) && node.textContent);
    return !named || described.some((id) => !document.getElementById(id));
  }).map((node) => node.outerHTML)"""

WIDER = """() => [...document.querySelectorAll("#aiscore-setup *")]
  .filter((node) => node.checkVisibility() && !node.closest(".wide") && node.getBoundingClientRect().right > innerWidth)
  .map((node) => node.outerHTML.slice(0, 200))"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-quic"])
        yield found
        found.close()


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> InstalledApp:
    return InstalledApp(tmp_path_factory.mktemp("setup"))


@pytest.fixture
def head(fresh: InstalledApp) -> Iterator[Splunkd]:
    shutil.rmtree(fresh.folder / "local", ignore_errors=True)
    with Splunkd(fresh) as splunkd:
        splunkd.confs.search = setup_scene.canned
        yield splunkd


@pytest.fixture
def web(head: Splunkd) -> Iterator[SplunkWeb]:
    with SplunkWeb(head) as found:
        yield found


@pytest.fixture
def admin(head: Splunkd) -> User:
    return head.log_in("ada", "admin", "aiscore_admin")


Opener = Callable[..., Page]


@pytest.fixture
def open_page(browser: Browser, web: SplunkWeb, admin: User) -> Iterator[Opener]:
    """Opens the page as the admin; whatever it asks and says is watched to the end."""
    wrong: list[str] = []
    contexts = []

    def watch(request: Any) -> None:
        headers = request.headers
        if not request.url.startswith((web.url, "data:")):
            wrong.append(f"a request elsewhere: {request.url}")
        if "/splunkd/" in request.url and not (
            headers.get("x-splunk-form-key") and headers.get("x-requested-with") == "XMLHttpRequest"
        ):
            wrong.append(f"a request without its form key: {request.method} {request.url}")

    def heard(message: Any) -> None:
        # Chromium writes down each refusal that the page was given; what the page makes of it is tested.
        if message.type in ("error", "warning") and not message.text.startswith("Failed to load resource"):
            wrong.append(f"console: {message.text}")

    def open_it(theme: str = "", **facts: Any) -> Page:
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **facts})
        contexts.append(context)
        context.add_cookies(
            [{"name": name, "value": value, "url": web.url} for name, value in web.log_in(admin).items()]
        )
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("request", watch)
        page.on("console", heard)
        page.on("pageerror", lambda error: wrong.append(f"error: {error}"))
        page.goto(f"{web.url}{VIEW}{'?theme=' + theme if theme else ''}")
        return page

    yield open_it
    for context in contexts:
        context.close()
    assert not wrong


def button(place: Page | Locator, name: str) -> Locator:
    return place.get_by_role("button", name=name, exact=True)


def connect(page: Page, url: str, ca_file: Path | str = "") -> None:
    page.get_by_label("Address of the sidecar").fill(url)
    page.get_by_label("Certificate authority").fill(str(ca_file))
    button(page, "Save connection").click()
    expect(page.get_by_text("Saved.", exact=True)).to_be_visible()


def store(page: Page, secret: str) -> None:
    page.get_by_label("Secret", exact=True).fill(secret)
    button(page, "Store secret").click()


def lines(page: Page) -> dict[str, str]:
    """Test the connection; the state of each step."""
    button(page, "Test connection").click()
    expect(page.locator(".lines li")).to_have_count(8)
    found = page.locator(".lines li").evaluate_all("all => all.map((li) => [li.dataset.step, li.className])")
    return dict(found)


def failed(page: Page) -> str:
    """Test the connection; the step that failed first, and the others as they must be."""
    states = list(lines(page).items())
    at = next(at for at, (_, state) in enumerate(states) if state == "failed")
    assert [state for _, state in states[:at]] == ["ok"] * at
    expect(page.locator(".lines .failed .mend").first).to_contain_text("To mend: ")
    return str(states[at][0])


def test_a_persons_whole_way(open_page: Opener, head: Splunkd, tmp_path: Path) -> None:
    authority = trustme.CA()
    right = setup_scene.kept(authority, tmp_path / "ca.pem")
    wrong = setup_scene.kept(trustme.CA(), tmp_path / "other.pem")
    page = open_page()
    expect(page.locator(".banner")).to_contain_text("Shadow mode")
    expect(page.get_by_text("No secret is stored yet.")).to_be_visible()
    with setup_scene.sidecar(setup_scene.served_by(authority, "127.0.0.1")) as server:
        # A connection that cannot be, one that is refused, one that is not trusted, and one that is.
        connect(page, f"http://127.0.0.1:{setup_scene.closed_port()}")
        assert failed(page) == "tcp"
        connect(page, server.url, wrong)
        assert failed(page) == "tls"
        connect(page, server.url.replace("https", "http"))
        assert failed(page) == "tls"
        connect(page, server.url, right)
        assert failed(page) == "secret"
        # The secret: none, one that is none, somebody else's, the right one under a wrong clock, and all is well.
        store(page, "too short")
        expect(page.get_by_text("secret must be 32 to 512 printable letters")).to_be_visible()
        expect(page.get_by_label("Secret", exact=True)).to_have_value("too short")
        store(page, SECRET[::-1])
        expect(page.get_by_text("A secret is stored.")).to_be_visible()
        expect(page.get_by_label("Secret", exact=True)).to_have_value("")
        assert failed(page) == "secret"
        store(page, SECRET)
        expect(page.get_by_text("Stored.", exact=True)).to_be_visible()
        server.default = setup_scene.answering(ahead_s=-400)
        assert failed(page) == "clock"
        server.default = setup_scene.answering()
        assert set(lines(page).values()) == {"ok"}
    read_plain_indexes(page, head)
    switch_on(page, head)
    go_live(page, head)
    assert SECRET not in page.content() and SECRET[::-1] not in page.content()
    page.reload()
    expect(page.locator(".banner")).to_contain_text("Live")
    expect(page.get_by_label("Address of the sidecar")).to_have_value(server.url)
    expect(page.locator("[data-recipe=alerts] .reads")).to_have_text("index=ids tag=alert")
    expect(page.locator("[data-group=alerts-jobs] .reads")).to_have_text("7 of 7 on")
    assert head.app.conf("app")["install"]["is_configured"] == "1"


def read_plain_indexes(page: Page, head: Splunkd) -> None:
    place = page.locator("[data-recipe=alerts]")
    place.locator("summary").click()
    expect(place.get_by_label("Which events")).to_be_hidden()
    place.get_by_label("A search over plain indexes").check()
    place.get_by_label("Which events").fill("index=ids | delete")
    button(place, "Save and preview").click()
    expect(place.locator(".wrong").first).to_contain_text("this cannot be read: | delete")
    expect(place.get_by_label("Which events")).to_be_focused()
    expect(place.get_by_label("Which events")).to_have_value("index=ids | delete")
    assert not (head.app.folder / "local" / "macros.conf").exists()
    place.get_by_label("Which events").fill("index=ids  tag=alert")
    button(place, "Save and preview").click()
    expect(place.get_by_text("1,200 rows in the last 24 hours.")).to_be_visible()
    expect(place.locator("tbody tr")).to_have_count(3)
    assert head.app.conf("macros")["aiscore_alerts_source"]["definition"] == "index=ids tag=alert"


def switch_on(page: Page, head: Splunkd) -> None:
    place = page.locator("[data-group=alerts-jobs]")
    place.locator("summary").click()
    expect(place.locator(".searches li")).to_have_count(7)
    button(place, "Switch all on").click()
    expect(place.get_by_text("Switch on 7 searches?")).to_be_visible()
    expect(button(place, "Switch all on")).to_be_disabled()
    button(place, "Switch on: AIScore - Fit alerts").click()
    expect(place.locator(".confirm")).to_have_count(1)
    expect(place.get_by_text("Switch on “AIScore - Fit alerts”?")).to_be_visible()
    expect(button(place, "Switch all on")).to_be_enabled()
    button(place, "Cancel").click()
    expect(place.locator(".confirm")).to_have_count(0)
    assert head.app.conf("savedsearches")["AIScore - Score alerts"]["disabled"] == "1"
    button(place, "Switch all on").click()
    button(place.locator(".confirm"), "Switch on").click()
    expect(place.get_by_text("7 searches are on.")).to_be_visible()
    expect(button(place, "Switch all off")).to_be_focused()
    conf = head.app.conf("savedsearches")
    assert {name for name, stanza in conf.items() if stanza.get("disabled") == "0"} == {
        name for name in conf if name.endswith(" alerts")
    }
    button(place, "Switch off: AIScore - Score alerts").click()
    expect(place.locator(".reads")).to_have_text("6 of 7 on")
    expect(button(place, "Switch on: AIScore - Score alerts")).to_be_focused()
    button(place, "Switch on: AIScore - Score alerts").click()
    button(place.locator(".confirm"), "Switch on").click()
    expect(place.locator(".reads")).to_have_text("7 of 7 on")


def go_live(page: Page, head: Splunkd) -> None:
    place = page.locator(".step").last
    button(place, "Go live").click()
    button(place, "Cancel").click()
    expect(page.locator(".banner")).to_contain_text("Shadow mode")
    assert head.app.conf("macros")["aiscore_release"]["definition"] == "`aiscore_release_shadow`"
    button(place, "Go live").click()
    button(place.locator(".confirm"), "Go live").click()
    expect(page.locator(".banner")).to_contain_text("Live")
    assert head.app.conf("macros")["aiscore_release"]["definition"] == "`aiscore_release_live`"
    button(place, "Back to shadow mode").click()
    expect(page.locator(".banner")).to_contain_text("Shadow mode")
    button(place, "Go live").click()
    button(place.locator(".confirm"), "Go live").click()
    expect(page.locator(".banner")).to_contain_text("Live")


def test_whose_mail_is_watched_is_asked_where_it_counts(open_page: Opener, head: Splunkd) -> None:
    page = open_page()
    page.locator("[data-recipe=alerts] summary").click()
    expect(page.locator("[data-recipe=alerts]").get_by_label("Which mailboxes")).to_be_hidden()
    place = page.locator("[data-recipe=email]")
    place.locator("summary").click()
    expect(place.get_by_label("Which mailboxes")).to_have_value("*")
    place.get_by_label("Which mailboxes").fill("example.com | delete")
    button(place, "Save and preview").click()
    expect(place.locator(".wrong:visible")).to_contain_text("this is no mail domain or address: |")
    expect(place.get_by_label("Which mailboxes")).to_be_focused()
    assert not (head.app.folder / "local" / "macros.conf").exists()
    place.get_by_label("Which mailboxes").fill("Example.com,example.org")
    button(place, "Save and preview").click()
    expect(place.get_by_text("Saved.")).to_be_visible()
    expect(place.get_by_label("Which mailboxes")).to_have_value("example.com, example.org")
    written = head.app.conf("macros")["aiscore_email_own"]["definition"]
    assert written == 'search (src_user="*@example.com" OR src_user="*@example.org")'


def test_a_setting_that_is_refused_is_marked_and_kept(open_page: Opener, head: Splunkd) -> None:
    page = open_page()
    page.get_by_text("Time limits").click()
    limit = page.get_by_label("One chunk may take, in seconds")
    limit.fill("1000")
    page.get_by_text("Time limits").click()
    expect(page.get_by_text("Not saved yet.")).to_be_visible()
    page.get_by_label("Address of the sidecar").fill("https://sidecar:8765")
    page.get_by_label("Address of the sidecar").press("Enter")
    expect(limit).to_be_focused()
    expect(limit).to_have_value("1000")
    assert limit.get_attribute("aria-invalid") == "true" and not head.overrides
    described = limit.get_attribute("aria-describedby") or ""
    assert "a number from 0.1 to 100" in page.locator("#" + described.split()[-1]).inner_text()
    limit.fill("20")
    limit.press("Enter")
    expect(page.get_by_text("Saved.", exact=True)).to_be_visible()
    assert head.overrides["chunk_deadline_s"] == "20" and limit.get_attribute("aria-invalid") is None


def test_nothing_is_lost_when_the_session_or_splunkd_is_gone(open_page: Opener, web: SplunkWeb, admin: User) -> None:
    page = open_page()
    url = page.get_by_label("Address of the sidecar")
    url.fill("https://sidecar:8765")
    sessions = dict(web.sessions)
    web.sessions.clear()
    button(page, "Save connection").click()
    expect(page.get_by_role("alert")).to_contain_text("log in again")
    expect(url).to_have_value("https://sidecar:8765")
    web.sessions.update(sessions)
    page.context.set_offline(True)
    button(page, "Save connection").click()
    expect(page.get_by_role("alert")).to_contain_text("Splunk Web did not answer")
    page.context.set_offline(False)
    button(page, "Save connection").click()
    expect(page.get_by_text("Saved.", exact=True)).to_be_visible()


def test_a_page_that_could_not_be_read_can_be_read_again(open_page: Opener, head: Splunkd, admin: User) -> None:
    roles, admin.roles = admin.roles, ()
    page = open_page()
    expect(page.get_by_role("alert")).to_contain_text("aiscore_admin")
    admin.roles = roles
    button(page, "Try again").click()
    expect(page.get_by_label("Address of the sidecar")).to_be_visible()


def test_scripts_may_arrive_in_any_order(open_page: Opener, web: SplunkWeb) -> None:
    for order in (lambda scripts: scripts[::-1], lambda scripts: scripts[2:] + scripts[:2]):
        web.script_order = order
        expect(button(open_page(), "Go live")).to_have_count(1)


def test_data_is_shown_as_text(open_page: Opener, head: Splunkd) -> None:
    odd = "<img src=x onerror=alert(1)>&amp;{{7*7}}"

    def search(text: str, form: dict[str, str]) -> list[dict[str, Any]]:
        return [{"ai_rows": "1"}] if "stats count AS ai_rows" in text else [{"user": odd, "src": [odd, "b"]}]

    head.confs.search = search
    head.app.set_local("savedsearches", odd, {"search": "| `aiscore_rows(alerts)`", "disabled": "1"})
    head.configure(ca_file=odd)
    page = open_page()
    button(page, "Save and preview").first.click()
    expect(page.locator("tbody td").nth(1)).to_have_text(odd)
    expect(page.locator("tbody td").nth(2)).to_have_text(f"{odd}, b")
    expect(page.get_by_label("Certificate authority")).to_have_value(odd)
    assert odd in (page.locator("[data-group=alerts-jobs] .searches").text_content() or "")
    button(page, "Test connection").click()
    expect(page.locator(".lines li").first).to_contain_text(odd)
    assert page.locator("#aiscore-setup img").count() == 0


def test_an_empty_preview_and_one_that_fails(open_page: Opener, head: Splunkd) -> None:
    page = open_page()
    head.confs.search = lambda text, form: []
    button(page, "Save and preview").first.click()
    expect(page.get_by_text("Nothing was found in the last 24 hours")).to_be_visible()
    assert page.locator(".preview table").count() == 0
    head.confs.search = setup_scene.refused
    button(page, "Save and preview").first.click()
    expect(page.get_by_role("alert")).to_contain_text("no such data model")


def test_the_keyboard_is_enough(open_page: Opener) -> None:
    page = open_page()
    live = button(page, "Go live")
    live.focus()
    page.keyboard.press("Enter")
    expect(button(page.locator(".confirm"), "Go live")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator(".confirm")).to_have_count(0)
    expect(live).to_be_focused()
    # Every control is met on the way from the first field to the last button, in the order of the page.
    page.get_by_label("Address of the sidecar").focus()
    met = [page.evaluate("document.activeElement.outerHTML")]
    while "Go live" not in met[-1] and len(met) < 100:
        page.keyboard.press("Tab")
        met.append(page.evaluate("document.activeElement.outerHTML"))
    controls = page.evaluate(
        """() => [...document.querySelectorAll("#aiscore-setup :is(input, select, button, summary)")]
             .filter((node) => node.checkVisibility() && !(node.type === "radio" && !node.checked))
             .map((node) => node.outerHTML)"""
    )
    assert met == controls


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 320])
def test_all_can_be_read_by_everyone(open_page: Opener, head: Splunkd, theme: str, width: int) -> None:
    page = open_page(theme, viewport={"width": width, "height": 800})
    expect(page.locator("#aiscore-setup")).to_have_attribute("data-theme", theme)
    button(page, "Test connection").click()
    expect(page.locator(".lines .failed")).to_be_visible()
    page.get_by_label("Address of the sidecar").fill("x")
    button(page, "Save connection").click()
    expect(page.locator("[aria-invalid]")).to_be_visible()
    button(page, "Save and preview").first.click()
    expect(page.locator(".preview table")).to_be_visible()
    page.locator("[data-group=alerts-jobs] summary").click()
    button(page.locator("[data-group=alerts-jobs]"), "Switch all on").click()
    button(page, "Go live").click()
    ratio, where = page.evaluate(CONTRAST)
    assert 4.5 <= ratio < 30, where
    assert page.evaluate(UNNAMED) == []
    assert page.evaluate(WIDER) == []
    levels = page.evaluate("[...document.querySelectorAll('h1, h2, h3')].map((node) => node.tagName)")
    assert levels == ["H1"] + ["H2"] * 6


@pytest.mark.parametrize(("wish", "theme", "painted"), [("dark", "", "light"), ("light", "dark", "dark")])
def test_splunks_theme_goes_before_the_browsers_wish(open_page: Opener, wish: str, theme: str, painted: str) -> None:
    page = open_page(theme, color_scheme=wish)
    expect(page.locator("#aiscore-setup")).to_have_attribute("data-theme", painted)


def test_the_stand_in_lets_nobody_in_without_session_and_form_key(web: SplunkWeb, admin: User) -> None:
    cookies = web.log_in(admin)
    session = "; ".join(f"{name}={value}" for name, value in cookies.items())
    key = cookies[f"splunkweb_csrf_token_{web.port}"]
    raw = "/en-US/splunkd/__raw/servicesNS/nobody/aiscore/"

    def status(path: str, body: bytes | None = None, **headers: str) -> int:
        request = urllib.request.Request(web.url + path, body)
        for name, value in headers.items():
            request.add_header(name.replace("_", "-"), value)
        try:
            with urllib.request.build_opener(NoRedirect).open(request, timeout=10) as reply:
                return int(reply.status)
        except HTTPError as error:
            with error:
                return error.code

    asked = b"request=" + json.dumps({"action": "secret"}).encode()
    assert status(VIEW) == 303 and status(VIEW, Cookie=session) == 200
    assert status(raw + "aiscore/setup") == 401
    assert status(raw + "aiscore/setup", asked, Cookie=session) == 403
    assert status(raw + "aiscore/setup", asked, Cookie=session, X_Splunk_Form_Key=key + "1") == 403
    assert status(raw + "aiscore/setup", asked, Cookie=session, X_Splunk_Form_Key=key) == 200
    # Nothing else comes through: tickets are not handed to browsers, and other endpoints are not ours.
    assert status(raw + "aiscore/ticket", Cookie=session) == 404
    assert status(raw + "storage/passwords", Cookie=session) == 404
    assert status("/en-US/static/app/aiscore/../../../default/app.conf") == 404


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """Leaves a redirect as it is."""

    def redirect_request(self, *_: Any) -> None:
        return None
