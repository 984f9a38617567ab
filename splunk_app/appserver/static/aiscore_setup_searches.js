/* Steps 5 and 6 of the setup page: what runs, and whom it reaches. */
(function () {
  "use strict";

  const setup = (window.aiscoreSetup = window.aiscoreSetup || {});

  setup.searches = (parts, known) => {
    const { ask, el, button, teller, busy, confirmed, step } = parts;

    function searches() {
      const list = el("div", { class: "groups" });
      const groups = [...known.recipes.map((each) => [each.name, each.title]), ["", "For all recipes"]].flatMap(
        ([name, title]) => [
          { key: `${name}-jobs`, recipe: name, rules: false, title: name ? `${title}: score, learn, fit` : title },
          {
            key: `${name}-rules`,
            recipe: name,
            rules: true,
            title: name ? `${title}: risk rules` : "Risk over an hour and a day",
          },
        ],
      );
      list.append(...groups.map(group).filter(Boolean));
      return step(
        5,
        "Searches",
        "All are off as they come. Score and learn first, then fit, then the rules. What runs by hand is started from Settings, Searches.",
        list,
      );
    }

    function group(facts) {
      const mine = () =>
        known.searches.filter((each) => each.recipe === facts.recipe && each.name.endsWith(" - Rule") === facts.rules);
      if (!mine().length) return null;
      const told = teller();
      const count = el("span", { class: "reads" });
      const rows = el("ul", { class: "searches" });
      const place = el("div", {});
      const change = async (asker, names, enabled) => {
        const question =
          names.length === 1
            ? `Switch on “${names[0]}”? It runs on its schedule from now on.`
            : `Switch on ${names.length} searches? They run on their schedules from now on.`;
        if (enabled && !(await confirmed(place, asker, question, "Switch on"))) return;
        const found = await busy(asker, told, [], () => ask({ action: "searches", names, enabled }));
        if (!found) return;
        known.searches = found.searches;
        const done = names.length === 1 ? `${names[0]} is` : `${names.length} searches are`;
        const [failed] = found.failed;
        if (failed) {
          const count = `${found.failed.length} of ${names.length} could not be switched`;
          told.say("bad", `${count}: ${failed.name}: ${failed.detail}`, failed.mend);
        } else told.say("good", `${done} ${enabled ? "on" : "off"}.`);
        show();
        // The button that was pressed may be gone or hidden now.
        const again = [...rows.querySelectorAll("button")].find((one) => one.dataset.name === names[0]);
        (asker === on || asker === off ? [on, off].find((one) => !one.hidden) : again).focus();
      };
      const named = (enabled) =>
        mine()
          .filter((each) => each.enabled === enabled)
          .map((each) => each.name);
      const on = button("Switch all on", () => change(on, named(false), true), "primary");
      const off = button("Switch all off", () => change(off, named(true), false));
      const line = (each) => {
        const one = button(
          each.enabled ? "Switch off" : "Switch on",
          () => change(one, [each.name], !each.enabled),
          "small",
        );
        one.setAttribute("aria-label", `${one.textContent}: ${each.name}`);
        one.dataset.name = each.name;
        return el(
          "li",
          { class: each.enabled ? "on" : "off" },
          el("span", { class: "name" }, each.name),
          el("span", { class: "cron" }, each.scheduled ? each.cron : "by hand"),
          el("span", { class: "verdict" }, each.enabled ? "on" : "off"),
          one,
        );
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
      return el(
        "details",
        { class: "group", "data-group": facts.key },
        el("summary", {}, el("span", { class: "title" }, facts.title), count),
        el("div", { class: "buttons" }, on, off),
        place,
        told,
        rows,
      );
    }

    return searches();
  };

  const RELEASED = {
    shadow: [
      "Shadow mode",
      "Risk rules run and keep what they would have raised in the index of the scores. Nothing reaches the risk index or the analysts' queue.",
    ],
    live: ["Live", "Risk rules write to the risk index, and notables reach the analysts' queue."],
    custom: [
      "A definition of your own",
      "The macro aiscore_release has been changed by hand. Choose shadow mode or live to replace it.",
    ],
  };

  setup.release = (parts, known, banner) => {
    const { ask, el, button, teller, busy, confirmed, step } = parts;
    const told = teller();
    const state = el("p", { class: "state" });
    const place = el("div", {});
    const turn = async (asker, wanted) => {
      if (
        wanted === "live" &&
        !(await confirmed(
          place,
          asker,
          "Go live? From now on risk rules raise risk, and analysts get to see it.",
          "Go live",
        ))
      )
        return;
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
    return step(
      6,
      "Shadow or live",
      "Begin in shadow mode; go live when what the rules keep is worth an analyst's time.",
      state,
      el("div", { class: "buttons" }, live, shadow),
      place,
      told,
    );
  };

  document.dispatchEvent(new Event("aiscore-setup"));
})();
