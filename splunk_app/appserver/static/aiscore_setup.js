/* The setup page: it reads how the app is set up, and shows the steps. */
(function () {
  "use strict";

  const setup = (window.aiscoreSetup = window.aiscoreSetup || {});
  const STEPS = ["connection", "secret", "test", "recipes", "searches"];

  async function load(root) {
    const { call, el, button, teller } = setup.parts;
    const again = button("Try again", () => load(root), "primary");
    root.replaceChildren(el("p", { class: "loading", role: "status" }, "Reading how the app is set up…"));
    let known;
    try {
      known = await call("GET", "aiscore/setup");
    } catch (error) {
      if (!error.detail) throw error;
      const told = teller();
      told.say("bad", error.detail, error.mend);
      root.replaceChildren(told, el("div", { class: "buttons" }, again));
      return;
    }
    const banner = el("div", { role: "status" });
    const last = setup.release(setup.parts, known, banner);
    const others = STEPS.map((name) => setup[name](setup.parts, known));
    root.replaceChildren(banner, ...others, last);
  }

  // Splunk's own theme goes before the browser's wish: a dark island in a light page helps nobody.
  function theme() {
    const classes = `${document.documentElement.className} ${document.body.className}`;
    if (/(^|[\s-])dark(\s|$)/.test(classes)) return "dark";
    if (/(^|[\s-])light(\s|$)/.test(classes)) return "light";
    const painted = getComputedStyle(document.body)
      .backgroundColor.match(/[\d.]+/g)
      .map(Number);
    if (painted.length === 3 || painted[3] > 0.5) return painted[0] + painted[1] + painted[2] < 384 ? "dark" : "light";
    return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  }

  function begin(root) {
    const paint = () => (root.dataset.theme = theme());
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", paint);
    new MutationObserver(paint).observe(document.body, { attributes: true, attributeFilter: ["class"] });
    paint();
    load(root);
  }

  // Simple XML loads the scripts in no certain order, and may put its panels into the page after them.
  let begun = false;
  function whenThere() {
    const root = document.getElementById("aiscore-setup");
    if (begun || !root || !["parts", "release", ...STEPS].every((name) => setup[name])) return;
    begun = true;
    watch.disconnect();
    begin(root);
  }
  const watch = new MutationObserver(whenThere);
  watch.observe(document.documentElement, { childList: true, subtree: true });
  document.addEventListener("aiscore-setup", whenThere);
  whenThere();
})();
