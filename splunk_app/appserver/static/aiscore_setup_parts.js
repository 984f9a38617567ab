/* What the steps of the setup page are made of: calls through Splunk Web, fields, and what is said. */
(function () {
  "use strict";

  const setup = (window.aiscoreSetup = window.aiscoreSetup || {});

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
      throw {
        detail: "Splunk Web did not answer",
        mend: "check the network, then try again; what you entered stays here",
      };
    }
    const found = await reply.json().catch(() => null);
    if (reply.ok && found) return found;
    if (found && found.detail) throw found;
    const said = found && found.messages ? found.messages.map((message) => message.text).join("; ") : "";
    const mend =
      reply.status === 401 || reply.status === 403
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
      box,
      input,
      name,
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

  // A question in the page, one at a time in its place. Whoever asked waits, and gets the focus back.
  function confirmed(place, asker, question, yes) {
    if (place.cancel) place.cancel();
    asker.disabled = true;
    return new Promise((answer) => {
      const end = (given) => {
        box.remove();
        place.cancel = null;
        asker.disabled = false;
        asker.focus();
        answer(given);
      };
      const agree = button(yes, () => end(true), "primary");
      const box = el(
        "div",
        {
          class: "confirm",
          role: "group",
          "aria-label": question,
          onkeydown: (event) => event.key === "Escape" && end(false),
        },
        el("p", {}, question),
        el(
          "div",
          { class: "buttons" },
          agree,
          button("Cancel", () => end(false)),
        ),
      );
      place.cancel = () => end(false);
      place.append(box);
      agree.focus();
    });
  }

  function step(number, title, about, ...children) {
    const id = `aiscore-step-${number}`;
    return el(
      "section",
      { class: "step", "aria-labelledby": id },
      el("h2", { id }, el("span", { class: "number", "aria-hidden": "true" }, String(number)), title),
      el("p", { class: "about" }, about),
      ...children,
    );
  }

  setup.parts = { call, ask, el, button, field, text, select, teller, busy, confirmed, step };

  document.dispatchEvent(new Event("aiscore-setup"));
})();
