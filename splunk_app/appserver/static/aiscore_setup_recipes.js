/* Step 4 of the setup page: what the recipes read, and a look at it. */
(function () {
  "use strict";

  const setup = (window.aiscoreSetup = window.aiscoreSetup || {});

  setup.recipes = (parts, known) => {
    const { ask, el, field, text, teller, busy, step } = parts;

    function percent(part, whole) {
      if (!whole || !part) return "0 %";
      const share = (100 * part) / whole;
      return share < 1 ? "under 1 %" : `${Math.floor(share)} %`;
    }

    function filled(found) {
      if (!found.count)
        return [
          el(
            "p",
            { class: "empty" },
            "Nothing was found in the last 24 hours: the recipe would have nothing to score. Check the input above, and whether your role may search it.",
          ),
        ];
      return [
        el(
          "p",
          { class: "count" },
          `${found.count.toLocaleString("en")} rows in the last 24 hours. How full each field is:`,
        ),
        el(
          "ul",
          { class: "fills" },
          ...found.filled.map(([name, part]) => {
            const meter = el("meter", { min: 0, max: found.count, "aria-hidden": "true" });
            meter.value = part;
            return el(
              "li",
              { class: part ? "" : "none" },
              el("span", { class: "name" }, name),
              meter,
              el("span", { class: "share" }, percent(part, found.count)),
            );
          }),
        ),
      ];
    }

    function shown(found) {
      const cell = (value) =>
        value === null || value === undefined ? "" : Array.isArray(value) ? value.join(", ") : String(value);
      return el(
        "div",
        { class: "wide", tabindex: "0", role: "region", "aria-label": "Rows of the preview" },
        el(
          "table",
          {},
          el("thead", {}, el("tr", {}, ...found.fields.map((name) => el("th", { scope: "col" }, name)))),
          el("tbody", {}, ...found.rows.map((row) => el("tr", {}, ...row.map((value) => el("td", {}, cell(value)))))),
        ),
      );
    }

    function recipe(facts, open) {
      const told = teller();
      const view = el("div", { class: "preview" });
      const name = `aiscore-input-${facts.name}`;
      const source = field(
        "source",
        "Which events",
        "index=, sourcetype=, tag= and eventtype=, joined by AND, OR, NOT and parentheses.",
        text(facts.source, { class: "code" }),
      );
      const own = field(
        "own",
        "Which mailboxes",
        "Your own mail domains or addresses, commas between; * watches all, and senders from outside are new every day. Left empty, it stays as it is.",
        text(facts.own || "", { class: "code" }),
      );
      own.box.hidden = facts.own === null;
      const choice = (value, label) => {
        const radio = el("input", {
          type: "radio",
          name,
          value,
          id: `${name}-${value}`,
          onchange: () => (source.box.hidden = value === "cim"),
        });
        radio.checked = facts.input === value;
        return el("div", { class: "choice" }, radio, el("label", { for: radio.id }, label));
      };
      source.box.hidden = facts.input !== "index" && facts.input !== "raw";
      const chosen = () => (form.querySelector("input[type=radio]:checked") || {}).value;
      const changes = () => chosen() || own.input.value.trim();
      const reads = () =>
        ({ cim: `data model ${facts.data_model}`, index: facts.source, raw: `${facts.source}, raw` })[facts.input] ||
        "a definition of your own";
      const summary = el("span", { class: "reads" }, reads());
      const save = el("button", { type: "submit", class: "primary" }, "Save and preview");
      const form = el(
        "form",
        {
          novalidate: true,
          onsubmit: async (event) => {
            event.preventDefault();
            const done = await busy(save, told, [source, own], async () => {
              view.replaceChildren();
              if (changes()) {
                save.textContent = "Saving…";
                const found = await ask({
                  action: "input",
                  recipe: facts.name,
                  input: chosen() || "custom",
                  source: source.input.value,
                  own: facts.own === null ? "" : own.input.value,
                });
                Object.assign(facts, found.recipe);
                source.input.value = facts.source;
                own.input.value = facts.own || "";
                summary.textContent = reads();
              }
              save.textContent = "Searching the last 24 hours…";
              const counts = await ask({ action: "preview", recipe: facts.name, part: "counts" });
              view.append(...filled(counts));
              const rows = counts.count
                ? await ask({ action: "preview", recipe: facts.name, part: "rows" })
                : { rows: [], told: [] };
              if (rows.rows.length) view.append(shown(rows));
              if (facts.input === "raw") {
                const left = await ask({ action: "preview", recipe: facts.name, part: "left_out" });
                if (left.rows.length) view.append(shown(left));
                rows.told = [...rows.told, ...left.told];
              }
              view.append(
                ...[...new Set([...counts.told, ...rows.told])].map((said) => el("p", { class: "wrong" }, said)),
              );
              return true;
            });
            if (done && changes()) told.say("good", "Saved.");
          },
        },
        el(
          "fieldset",
          {},
          el("legend", {}, "Input"),
          choice("cim", `The CIM data model ${facts.data_model}`),
          choice("index", "A search over plain indexes"),
          facts.raw ? choice("raw", "A search over events that no add-on gives fields") : null,
        ),
        source.box,
        own.box,
        el("div", { class: "buttons" }, save),
        told,
        view,
      );
      return el(
        "details",
        { class: "recipe", open, "data-recipe": facts.name },
        el("summary", {}, el("span", { class: "title" }, facts.title), summary),
        form,
      );
    }

    function recipes() {
      const told = teller();
      const index = field(
        "index",
        "Index of the scores",
        "It must exist. Scores, learned days and what shadow mode keeps go there.",
        text(known.index, { class: "code" }),
      );
      const save = el("button", { type: "submit", class: "primary" }, "Save index");
      return step(
        4,
        "Recipes and their input",
        "What each recipe reads. Open those that you mean to use; they are switched on in step 5.",
        ...known.recipes.map((facts, at) => recipe(facts, at === 0)),
        el(
          "form",
          {
            class: "index",
            novalidate: true,
            onsubmit: async (event) => {
              event.preventDefault();
              const found = await busy(save, told, [index], () => ask({ action: "index", index: index.input.value }));
              if (!found) return;
              index.input.value = known.index = found.index;
              told.say("good", "Saved.");
            },
          },
          index.box,
          el("div", { class: "buttons" }, save),
          told,
        ),
      );
    }

    return recipes();
  };

  document.dispatchEvent(new Event("aiscore-setup"));
})();
