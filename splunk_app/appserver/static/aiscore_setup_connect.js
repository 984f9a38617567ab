/* Steps 1 to 3 of the setup page: how the sidecar is reached. */
(function () {
  "use strict";

  const setup = (window.aiscoreSetup = window.aiscoreSetup || {});

  const SETTINGS = [
    ["url", "Address of the sidecar", "https://host:port. Plain http only for a sidecar on this search head itself."],
    [
      "ca_file",
      "Certificate authority",
      "A PEM file on the search head with the authority that signed the sidecar's certificate. Empty: the public ones.",
    ],
    ["connect_timeout_s", "Connecting may take, in seconds", "From 0.05 to 60."],
    [
      "chunk_deadline_s",
      "One chunk may take, in seconds",
      "Retries included, from 0.1 to 100. After that its rows leave unscored.",
    ],
    ["search_budget_s", "A search may lose, in seconds", "On chunks that end without scores, from 0.1 to 3600."],
    ["max_reply_mb", "A reply may have, in megabytes", "From 1 to 4096."],
    ["on_error", "What happens to a chunk without scores", "label: its rows pass and say why. fail: the search stops."],
  ];
  const PROBED = {
    settings: "Settings",
    dns: "Name",
    tcp: "Port",
    tls: "TLS",
    sidecar: "Sidecar",
    version: "Version",
    clock: "Clock",
    secret: "Secret",
  };
  const STATES = { ok: "ok", failed: "failed", not_reached: "not reached" };

  setup.connection = (parts, known) => {
    const { ask, el, field, text, select, teller, busy, step } = parts;
    const told = teller();
    const fields = SETTINGS.map(([name, label, hint]) => {
      const value = known.settings[name];
      return field(
        name,
        label,
        hint,
        name === "on_error"
          ? select(["label", "fail"], value)
          : text(value, name.endsWith("_s") || name.endsWith("_mb") ? { inputmode: "decimal" } : {}),
      );
    });
    const save = el("button", { type: "submit", class: "primary" }, "Save connection");
    const changed = () => fields.filter((each) => each.input.value.trim() !== known.settings[each.name]);
    const form = el(
      "form",
      {
        novalidate: true,
        oninput: () => (changed().length ? told.say("quiet", "Not saved yet.") : told.clear()),
        onsubmit: async (event) => {
          event.preventDefault();
          const found = await busy(save, told, fields, () => {
            save.textContent = "Saving…";
            return ask({
              action: "settings",
              settings: Object.fromEntries(fields.map((each) => [each.name, each.input.value])),
            });
          });
          if (!found) return;
          known.settings = found.settings;
          fields.forEach((each) => (each.input.value = found.settings[each.name]));
          told.say("good", "Saved.");
        },
      },
      ...fields.slice(0, 2).map((each) => each.box),
      el(
        "details",
        {},
        el("summary", {}, "Time limits, and what happens when they are over"),
        el("div", { class: "pairs" }, ...fields.slice(2).map((each) => each.box)),
      ),
      el("div", { class: "buttons" }, save),
      told,
    );
    return step(1, "Connection", "Where the sidecar listens, and how long a search waits for it.", form);
  };

  setup.secret = (parts, known) => {
    const { call, el, field, teller, busy, step } = parts;
    const told = teller();
    const WORDS = {
      stored: "A secret is stored.",
      not_stored: "No secret is stored yet.",
      unknown: "Whether a secret is stored could not be found out.",
    };
    const state = el("p", { class: "state" }, WORDS[known.secret]);
    const given = field(
      "secret",
      "Secret",
      "The line that `aiscore token secret` prints on the sidecar's host. It is kept by splunkd and never shown again.",
      el("input", { type: "password", autocomplete: "new-password", spellcheck: "false" }),
    );
    const store = el("button", { type: "submit", class: "primary" }, "Store secret");
    return step(
      2,
      "Secret",
      "Lets the sidecar know that a search comes from this Splunk.",
      state,
      el(
        "form",
        {
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
        },
        given.box,
        el("div", { class: "buttons" }, store),
        told,
      ),
    );
  };

  setup.test = (parts) => {
    const { ask, el, button, teller, busy, step } = parts;
    const told = teller();
    const lines = el("ol", { class: "lines", "aria-label": "Steps on the way to the sidecar" });
    const start = button(
      "Test connection",
      async () => {
        const found = await busy(start, told, [], () => {
          start.textContent = "Testing…";
          lines.replaceChildren();
          return ask({ action: "test" });
        });
        if (!found) return;
        lines.replaceChildren(
          ...found.lines.map((line) =>
            el(
              "li",
              { class: line.state, "data-step": line.step },
              el("span", { class: "name" }, PROBED[line.step] || line.step),
              el("span", { class: "verdict" }, STATES[line.state]),
              el(
                "span",
                { class: "what" },
                line.text,
                line.mend ? el("span", { class: "mend" }, `To mend: ${line.mend}.`) : "",
              ),
            ),
          ),
        );
        const failed = found.lines.filter((line) => line.state === "failed").length;
        if (failed) told.say("bad", failed === 1 ? "One step failed." : `${failed} steps failed.`);
        else told.say("good", "The sidecar can be reached, and takes this Splunk's tickets.");
      },
      "primary",
    );
    return step(
      3,
      "Test",
      "Walks to the sidecar with what is saved, and says where it ends.",
      el("div", { class: "buttons" }, start),
      told,
      lines,
    );
  };

  document.dispatchEvent(new Event("aiscore-setup"));
})();
