/* The setup page. It talks to the app's REST handler through Splunk Web, and writes all text as text. */
(function () {
  "use strict";

  const SETTINGS = [
    ["url", "Address of the sidecar", "https://host:port. Plain http only for a sidecar on this search head itself."],
    ["ca_file", "Certificate authority", "A PEM file on the search head with the authority that signed the sidecar's certificate. Empty: the public ones."],
    ["connect_timeout_s", "Connecting may take, in seconds", "From 0.05 to 60."],
    ["chunk_deadline_s", "One chunk may take, in seconds", "Retries included, from 0.1 to 100. After that its rows leave unscored."],
    ["search_budget_s", "A search may lose, in seconds", "On chunks that end without scores, from 0.1 to 3600."],
    ["max_reply_mb", "A reply may have, in megabytes", "From 1 to 4096."],
    ["on_error", "What happens to a chunk without scores", "label: its rows pass and say why. fail: the search stops."],
  ];
  const PROBED = {
    settings: "Settings", dns: "Name", tcp: "Port", tls: "TLS", sidecar: "Sidecar", version: "Version", clock: "Clock", secret: "Secret",
  };
  const STATES = { ok: "ok", failed: "failed", not_reached: "not reached" };
  let known = null;
  let numbered = 0;

  // Calls

  function formKey() {
    const keys = [...document.cookie.matchAll(/(?:^|;\s*)splunkweb_csrf_token_(\d+)=([^;]*)/g)];
    const own = keys.find((found) => found[1] === location.port) || keys[0];
    return own ? decodeURIComponent(own[2]) : "";
  }

  async function call(method, path, form) {
    const base = location.pathname.split("/app/")[0];
    let reply;
    try {
      reply = await fetch(`${base}/splunkd/__raw/servicesNS/nobody/aiscore/${path}?output_mode=json`, {
        method,
        headers: { "X-Splunk-Form-Key": formKey(), "X-Requested-With": "XMLHttpRequest" },
        body: form && new URLSearchParams(form),
        credentials: "same-origin",
      });
    } catch (error) {
      throw { detail: "Splunk Web did not answer", mend: "check the network, then try again; what you entered stays here" };
    }
    const found = await reply.json().catch(() => null);
    if (reply.ok && found) return found;
    if (found && found.detail) throw found;
    const said = found && found.messages ? found.messages.map((message) => message.text).join("; ") : "";
    const mend = reply.status === 401 || reply.status === 403
      ? "log in again in another tab with the role aiscore_admin; what you entered stays here"
      : "see splunkd.log on the search head, then try again";
    throw { detail: `Splunk answered ${reply.status}${said ? ": " + said : ""}`, mend };
  }

  const ask = (asked) => call("POST", "aiscore/setup", { request: JSON.stringify(asked) });

  // Elements

  function el(name, facts, ...children) {
    const made = document.createElement(name);
    for (const [fact, value] of Object.entries(facts || {})) {
      if (fact.startsWith("on")) made.addEventListener(fact.slice(2), value);
      else if (value === true) made.setAttribute(fact, "");
      else if (value !== false && value !== undefined && value !== null) made.setAttribute(fact, value);
    }
    made.append(...children.filter((child) => child !== null && child !== undefined));
    return made;
  }

  const button = (text, act, kind) => el("button", { type: "button", class: kind || "plain", onclick: act }, text);

  function field(name, label, hint, input) {
    const id = `aiscore-${name}-${(numbered += 1)}`;
    const told = el("p", { class: "hint", id: `${id}-hint` }, hint || "");
    const wrong = el("p", { class: "wrong", id: `${id}-wrong`, hidden: true });
    input.id = id;
    input.setAttribute("aria-describedby", `${id}-hint ${id}-wrong`);
    const box = el("div", { class: "field" }, el("label", { for: id }, label), input, told, wrong);
    return {
      box, input, name,
      blame(text) {
        wrong.textContent = text;
        wrong.hidden = !text;
        if (text) input.setAttribute("aria-invalid", "true");
        else input.removeAttribute("aria-invalid");
      },
    };
  }

  function text(value, facts) {
    const made = el("input", { type: "text", spellcheck: "false", autocomplete: "off", ...facts });
    made.value = value;
    return made;
  }

  function select(values, value) {
    const made = el("select", {}, ...values.map((each) => el("option", { value: each }, each)));
    made.value = value;
    return made;
  }

  // What a step last said: quietly, or as an alert.
  function teller() {
    const box = el("div", { class: "told", role: "status" });
    box.say = (kind, detail, mend) => {
      box.className = `told ${kind}`;
      box.setAttribute("role", kind === "bad" ? "alert" : "status");
      box.replaceChildren(el("span", {}, detail), mend ? el("span", { class: "mend" }, `To mend: ${mend}.`) : "");
    };
    box.clear = () => box.replaceChildren();
    return box;
  }

  // Runs `act` while its button is busy. What fails is told; at the field it is about, where there is one.
  async function busy(asker, told, fields, act) {
    const label = asker.textContent;
    asker.disabled = true;
    asker.setAttribute("aria-busy", "true");
    told.clear();
    fields.forEach((each) => each.blame(""));
    try {
      return await act();
    } catch (error) {
      if (!error.detail) throw error;
      const blamed = fields.find((each) => each.name === error.field);
      if (blamed) {
        blamed.blame(`${error.detail}. To mend: ${error.mend}.`);
        const folded = blamed.input.closest("details");
        if (folded) folded.open = true;
        blamed.input.focus();
        told.say("bad", "Not saved: see the field marked above.");
      } else told.say("bad", error.detail, error.mend);
      return null;
    } finally {
      asker.disabled = false;
      asker.removeAttribute("aria-busy");
      asker.textContent = label;
    }
  }

  // A question in the page. Whoever asked gets the focus back.
  function confirmed(place, asker, question, yes) {
    return new Promise((answer) => {
      const end = (given) => {
        box.remove();
        asker.focus();
        answer(given);
      };
      const agree = button(yes, () => end(true), "primary");
      const box = el("div", { class: "confirm", role: "group", "aria-label": question, onkeydown: (event) => event.key === "Escape" && end(false) },
        el("p", {}, question), el("div", { class: "buttons" }, agree, button("Cancel", () => end(false))));
      place.querySelectorAll(".confirm").forEach((old) => old.remove());
      place.append(box);
      agree.focus();
    });
  }

  function step(number, title, about, ...children) {
    const id = `aiscore-step-${number}`;
    return el("section", { class: "step", "aria-labelledby": id },
      el("h2", { id }, el("span", { class: "number", "aria-hidden": "true" }, String(number)), title), el("p", { class: "about" }, about), ...children);
  }

  // 1 Connection

  function connection() {
    const told = teller();
    const fields = SETTINGS.map(([name, label, hint]) => {
      const value = known.settings[name];
      return field(name, label, hint, name === "on_error" ? select(["label", "fail"], value) : text(value, name.endsWith("_s") || name.endsWith("_mb") ? { inputmode: "decimal" } : {}));
    });
    const save = el("button", { type: "submit", class: "primary" }, "Save connection");
    const changed = () => fields.filter((each) => each.input.value.trim() !== known.settings[each.name]);
    const form = el("form", {
      novalidate: true,
      oninput: () => changed().length ? told.say("quiet", "Not saved yet.") : told.clear(),
      onsubmit: async (event) => {
        event.preventDefault();
        const found = await busy(save, told, fields, () => {
          save.textContent = "Saving…";
          return ask({ action: "settings", settings: Object.fromEntries(fields.map((each) => [each.name, each.input.value])) });
        });
        if (!found) return;
        known.settings = found.settings;
        fields.forEach((each) => (each.input.value = found.settings[each.name]));
        told.say("good", "Saved.");
      },
    }, ...fields.slice(0, 2).map((each) => each.box),
    el("details", {}, el("summary", {}, "Time limits, and what happens when they are over"), el("div", { class: "pairs" }, ...fields.slice(2).map((each) => each.box))),
    el("div", { class: "buttons" }, save), told);
    return step(1, "Connection", "Where the sidecar listens, and how long a search waits for it.", form);
  }

  // 2 Secret

  function secret() {
    const told = teller();
    const WORDS = { stored: "A secret is stored.", not_stored: "No secret is stored yet.", unknown: "Whether a secret is stored could not be found out." };
    const state = el("p", { class: "state" }, WORDS[known.secret]);
    const given = field("secret", "Secret", "The line that `aiscore token secret` prints on the sidecar's host. It is kept by splunkd and never shown again.",
      el("input", { type: "password", autocomplete: "new-password", spellcheck: "false" }));
    const store = el("button", { type: "submit", class: "primary" }, "Store secret");
    return step(2, "Secret", "Lets the sidecar know that a search comes from this Splunk.", state, el("form", {
      novalidate: true,
      onsubmit: async (event) => {
        event.preventDefault();
        const found = await busy(store, told, [given], () => {
          store.textContent = "Storing…";
          return call("POST", "aiscore/ticket", { secret: given.input.value });
        });
        if (!found) return;
        given.input.value = "";
        known.secret = "stored";
        state.textContent = WORDS.stored;
        told.say("good", "Stored.");
      },
    }, given.box, el("div", { class: "buttons" }, store), told));
  }

  // 3 Test

  function test() {
    const told = teller();
    const lines = el("ol", { class: "lines", "aria-label": "Steps on the way to the sidecar" });
    const start = button("Test connection", async () => {
      const found = await busy(start, told, [], () => {
        start.textContent = "Testing…";
        lines.replaceChildren();
        return ask({ action: "test" });
      });
      if (!found) return;
      lines.replaceChildren(...found.lines.map((line) => el("li", { class: line.state, "data-step": line.step },
        el("span", { class: "name" }, PROBED[line.step] || line.step), el("span", { class: "verdict" }, STATES[line.state]),
        el("span", { class: "what" }, line.text, line.mend ? el("span", { class: "mend" }, `To mend: ${line.mend}.`) : ""))));
      const failed = found.lines.filter((line) => line.state === "failed").length;
      if (failed) told.say("bad", failed === 1 ? "One step failed." : `${failed} steps failed.`);
      else told.say("good", "The sidecar can be reached, and takes this Splunk's tickets.");
    }, "primary");
    return step(3, "Test", "Walks to the sidecar with what is saved, and says where it ends.", el("div", { class: "buttons" }, start), told, lines);
  }

  // 4 Recipes and inputs

  function percent(part, whole) {
    if (!whole || !part) return "0 %";
    const share = (100 * part) / whole;
    return share < 1 ? "under 1 %" : `${Math.floor(share)} %`;
  }

  function filled(found) {
    if (!found.count) return [el("p", { class: "empty" }, "Nothing was found in the last 24 hours: the recipe would have nothing to score. Check the input above, and whether your role may search it.")];
    return [el("p", { class: "count" }, `${found.count.toLocaleString("en")} rows in the last 24 hours. How full each field is:`),
      el("ul", { class: "fills" }, ...found.filled.map(([name, part]) => {
        const meter = el("meter", { min: 0, max: found.count, "aria-hidden": "true" });
        meter.value = part;
        return el("li", { class: part ? "" : "none" }, el("span", { class: "name" }, name), meter, el("span", { class: "share" }, percent(part, found.count)));
      }))];
  }

  function shown(found) {
    const cell = (value) => (value === null || value === undefined ? "" : Array.isArray(value) ? value.join(", ") : String(value));
    return el("div", { class: "wide", tabindex: "0", role: "region", "aria-label": "Rows of the preview" }, el("table", {},
      el("thead", {}, el("tr", {}, ...found.fields.map((name) => el("th", { scope: "col" }, name)))),
      el("tbody", {}, ...found.rows.map((row) => el("tr", {}, ...row.map((value) => el("td", {}, cell(value))))))));
  }

  function recipe(facts, open) {
    const told = teller();
    const view = el("div", { class: "preview" });
    const name = `aiscore-input-${facts.name}`;
    const source = field("source", "Which events", "index=, sourcetype=, tag= and eventtype=, joined by AND, OR, NOT and parentheses.", text(facts.source, { class: "code" }));
    const choice = (value, label) => {
      const radio = el("input", { type: "radio", name, value, id: `${name}-${value}`, onchange: () => (source.box.hidden = value !== "index") });
      radio.checked = facts.input === value;
      return el("div", { class: "choice" }, radio, el("label", { for: radio.id }, label));
    };
    source.box.hidden = facts.input !== "index";
    const chosen = () => (form.querySelector("input[type=radio]:checked") || {}).value;
    const reads = () => ({ cim: `data model ${facts.data_model}`, index: facts.source })[facts.input] || "a definition of your own";
    const summary = el("span", { class: "reads" }, reads());
    const save = el("button", { type: "submit", class: "primary" }, "Save and preview");
    const form = el("form", {
      novalidate: true,
      onsubmit: async (event) => {
        event.preventDefault();
        const done = await busy(save, told, [source], async () => {
          view.replaceChildren();
          if (chosen()) {
            save.textContent = "Saving…";
            const found = await ask({ action: "input", recipe: facts.name, input: chosen(), source: source.input.value });
            Object.assign(facts, found.recipe);
            source.input.value = facts.source;
            summary.textContent = reads();
          }
          save.textContent = "Searching the last 24 hours…";
          const counts = await ask({ action: "preview", recipe: facts.name, part: "counts" });
          view.append(...filled(counts));
          const rows = counts.count ? await ask({ action: "preview", recipe: facts.name, part: "rows" }) : { rows: [], told: [] };
          if (rows.rows.length) view.append(shown(rows));
          view.append(...[...new Set([...counts.told, ...rows.told])].map((said) => el("p", { class: "wrong" }, said)));
          return true;
        });
        if (done && chosen()) told.say("good", "Saved.");
      },
    }, el("fieldset", {}, el("legend", {}, "Input"), choice("cim", `The CIM data model ${facts.data_model}`), choice("index", "A search over plain indexes")),
    source.box, el("div", { class: "buttons" }, save), told, view);
    return el("details", { class: "recipe", open, "data-recipe": facts.name }, el("summary", {}, el("span", { class: "title" }, facts.title), summary), form);
  }

  function recipes() {
    const told = teller();
    const index = field("index", "Index of the scores", "It must exist. Scores, learned days and what shadow mode keeps go there.", text(known.index, { class: "code" }));
    const save = el("button", { type: "submit", class: "primary" }, "Save index");
    return step(4, "Recipes and their input", "What each recipe reads. Open those that you mean to use; they are switched on in step 5.",
      ...known.recipes.map((facts, at) => recipe(facts, at === 0)),
      el("form", {
        class: "index",
        novalidate: true,
        onsubmit: async (event) => {
          event.preventDefault();
          const found = await busy(save, told, [index], () => ask({ action: "index", index: index.input.value }));
          if (!found) return;
          index.input.value = known.index = found.index;
          told.say("good", "Saved.");
        },
      }, index.box, el("div", { class: "buttons" }, save), told));
  }

  // 5 Searches

  function searches() {
    const list = el("div", { class: "groups" });
    const groups = [...known.recipes.map((each) => [each.name, each.title]), ["", "For all recipes"]].flatMap(([name, title]) => [
      { key: `${name}-jobs`, recipe: name, rules: false, title: name ? `${title}: score, learn, fit` : title },
      { key: `${name}-rules`, recipe: name, rules: true, title: name ? `${title}: risk rules` : "Risk over an hour and a day" },
    ]);
    list.append(...groups.map(group).filter(Boolean));
    return step(5, "Searches", "All are off as they come. Score and learn first, then fit, then the rules. What runs by hand is started from Settings, Searches.", list);
  }

  function group(facts) {
    const mine = () => known.searches.filter((each) => each.recipe === facts.recipe && each.name.endsWith(" - Rule") === facts.rules);
    if (!mine().length) return null;
    const told = teller();
    const count = el("span", { class: "reads" });
    const rows = el("ul", { class: "searches" });
    const place = el("div", {});
    const change = async (asker, names, enabled) => {
      const question = names.length === 1
        ? `Switch on “${names[0]}”? It runs on its schedule from now on.`
        : `Switch on ${names.length} searches? They run on their schedules from now on.`;
      if (enabled && !(await confirmed(place, asker, question, "Switch on"))) return;
      const found = await busy(asker, told, [], () => ask({ action: "searches", names, enabled }));
      if (!found) return;
      known.searches = found.searches;
      if (found.failed.length) told.say("bad", `${found.failed.length} of ${names.length} could not be switched: ${found.failed[0].name}: ${found.failed[0].detail}`, found.failed[0].mend);
      else told.say("good", names.length === 1 ? `${names[0]} is ${enabled ? "on" : "off"}.` : `${names.length} searches are ${enabled ? "on" : "off"}.`);
      show();
    };
    const on = button("Switch all on", () => change(on, mine().filter((each) => !each.enabled).map((each) => each.name), true), "primary");
    const off = button("Switch all off", () => change(off, mine().filter((each) => each.enabled).map((each) => each.name), false));
    const line = (each) => {
      const one = button(each.enabled ? "Switch off" : "Switch on", () => change(one, [each.name], !each.enabled), "small");
      one.setAttribute("aria-label", `${one.textContent}: ${each.name}`);
      return el("li", { class: each.enabled ? "on" : "off" }, el("span", { class: "name" }, each.name), el("span", { class: "cron" }, each.scheduled ? each.cron : "by hand"),
        el("span", { class: "verdict" }, each.enabled ? "on" : "off"), one);
    };
    const show = () => {
      const all = mine();
      const running = all.filter((each) => each.enabled).length;
      count.textContent = `${running} of ${all.length} on`;
      on.hidden = running === all.length;
      off.hidden = running === 0;
      rows.replaceChildren(...all.map(line));
    };
    show();
    return el("details", { class: "group", "data-group": facts.key }, el("summary", {}, el("span", { class: "title" }, facts.title), count),
      el("div", { class: "buttons" }, on, off), place, told, rows);
  }

  // 6 Shadow or live

  const RELEASED = {
    shadow: ["Shadow mode", "Risk rules run and keep what they would have raised in the index of the scores. Nothing reaches the risk index or the analysts' queue."],
    live: ["Live", "Risk rules write to the risk index, and notables reach the analysts' queue."],
    custom: ["A definition of your own", "The macro aiscore_release has been changed by hand. Choose shadow mode or live to replace it."],
  };

  function release(banner) {
    const told = teller();
    const state = el("p", { class: "state" });
    const place = el("div", {});
    const turn = async (asker, wanted) => {
      if (wanted === "live" && !(await confirmed(place, asker, "Go live? From now on risk rules raise risk, and analysts get to see it.", "Go live"))) return;
      const found = await busy(asker, told, [], () => ask({ action: "release", release: wanted }));
      if (!found) return;
      known.release = found.release;
      told.say("good", wanted === "live" ? "Live." : "Back in shadow mode.");
      show();
    };
    const live = button("Go live", () => turn(live, "live"), "primary");
    const shadow = button("Back to shadow mode", () => turn(shadow, "shadow"));
    const show = () => {
      const [title, about] = RELEASED[known.release];
      state.replaceChildren(el("strong", {}, title), `. ${about}`);
      banner.className = `banner ${known.release}`;
      banner.replaceChildren(el("strong", {}, title), el("span", {}, about));
      live.hidden = known.release === "live";
      shadow.hidden = known.release === "shadow";
    };
    show();
    return step(6, "Shadow or live", "Begin in shadow mode; go live when what the rules keep is worth an analyst's time.", state, el("div", { class: "buttons" }, live, shadow), place, told);
  }

  // The page

  async function load(root) {
    const again = button("Try again", () => load(root), "primary");
    root.replaceChildren(el("p", { class: "loading", role: "status" }, "Reading how the app is set up…"));
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
    const last = release(banner);
    root.replaceChildren(banner, connection(), secret(), test(), recipes(), searches(), last);
  }

  // Splunk's own theme goes before the browser's wish: a dark island in a light page helps nobody.
  function theme() {
    const classes = `${document.documentElement.className} ${document.body.className}`;
    if (/(^|[\s-])dark(\s|$)/.test(classes)) return "dark";
    if (/(^|[\s-])light(\s|$)/.test(classes)) return "light";
    const painted = getComputedStyle(document.body).backgroundColor.match(/[\d.]+/g).map(Number);
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

  // Simple XML may put its panels into the page after it has loaded this script.
  function whenThere() {
    const root = document.getElementById("aiscore-setup");
    if (root) begin(root);
    return Boolean(root);
  }
  if (!whenThere()) {
    const watch = new MutationObserver(() => whenThere() && watch.disconnect());
    watch.observe(document.documentElement, { childList: true, subtree: true });
  }
})();
