// Makes the public pages livelier. They work without it: what it checks, the server checks again.
"use strict";

(() => {
  const form = document.getElementById("activate");
  if (form) activation(form);
  const progress = document.getElementById("progress");
  if (progress) follow(progress);

  function activation(form) {
    // The messages are ours, in the language of the page; without script the browser's own checks do.
    form.noValidate = true;
    prefill(form);
    const fields = [...form.querySelectorAll("input[data-bad]")];
    const summary = document.getElementById("summary");

    for (const field of fields) {
      field.addEventListener("input", () => {
        if (field.type === "email") replace(field, field.value.toLowerCase());
        if (field.type === "tel") replace(field, field.value.replace(/\s+/gu, ""));
        // While somebody types, a message may go, but none appears.
        if (field.getAttribute("aria-invalid") && !problem(field)) show(field, "");
      });
      field.addEventListener("blur", () => (pressed ? left.push(field) : check(field)));
    }

    // A message moves what is below it. While the pointer is down that would take the button away from under it.
    let pressed = false;
    const left = [];
    addEventListener("pointerdown", () => { pressed = true; }, true);
    for (const end of ["click", "pointercancel", "dragend"]) {
      addEventListener(end, () => {
        pressed = false;
        left.splice(0).forEach(check);
      }, true);
    }

    function check(field) {
      if (field.value) show(field, problem(field));
      const repeat = fields.find((other) => other.dataset.same === field.name);
      if (repeat && repeat.value) show(repeat, problem(repeat));
    }

    form.addEventListener("submit", (event) => {
      const button = form.querySelector("button");
      if (button.getAttribute("aria-disabled")) {
        event.preventDefault();
        return;
      }
      const wrong = fields.filter((field) => {
        const message = problem(field);
        show(field, message);
        return message;
      });
      summarise(summary, wrong);
      if (wrong.length) {
        event.preventDefault();
        wrong[0].focus();
        return;
      }
      button.setAttribute("aria-disabled", "true");
      button.dataset.words = button.textContent;
      button.textContent = form.dataset.sending;
    });

    // A page that comes back from the browser's memory can be sent again.
    addEventListener("pageshow", () => {
      const button = form.querySelector("button");
      if (button.dataset.words) button.textContent = button.dataset.words;
      button.removeAttribute("aria-disabled");
    });

    function problem(field) {
      const value = field.value.trim();
      if (field.dataset.same) {
        const original = form.elements[field.dataset.same].value.trim();
        // One message at a time: what is wrong with the first comes first.
        if (problem(form.elements[field.dataset.same])) return "";
        const alike = field.type === "tel" ? alikePhones(value, original) : value.toLowerCase() === original.toLowerCase();
        return alike ? "" : field.dataset.bad;
      }
      if (!value) return field.dataset.empty;
      const good =
        field.type === "email" ? /^[^\s@,;<>"()]+@[^\s@,;<>"()]+\.[^\s@.,;<>"()]{2,}$/u.test(value)
        : field.type === "tel" ? /^\s*\+?[\d\s().\/\-\u2010-\u2015\u200b-\u200f\u202a-\u202e\u2066-\u2069]+$/u.test(value)
        : /^[\p{L}\p{M}' ’ʼ\-\u2010\u2011]+$/u.test(value) && /\p{L}/u.test(value);
      return good ? "" : field.dataset.bad;
    }
  }

  // The server knows the spellings of each country; here only what is plainly different is refused.
  function alikePhones(one, other) {
    const end = (text) => text.replace(/\D/gu, "").slice(-6);
    return end(one) === end(other);
  }

  function replace(field, value) {
    if (field.value === value) return;
    let at = null;
    try { at = field.selectionStart; } catch { /* e-mail fields tell no position */ }
    const shorter = field.value.length - value.length;
    field.value = value;
    if (at !== null) field.setSelectionRange(Math.max(0, at - shorter), Math.max(0, at - shorter));
  }

  function show(field, message) {
    document.getElementById(`${field.id}-error`).textContent = message;
    if (message) field.setAttribute("aria-invalid", "true");
    else field.removeAttribute("aria-invalid");
  }

  function summarise(summary, wrong) {
    summary.replaceChildren();
    if (!wrong.length) return;
    const title = document.createElement("h2");
    title.textContent = summary.dataset.title;
    const list = document.createElement("ul");
    for (const field of wrong) {
      const link = document.createElement("a");
      link.href = `#${field.id}`;
      link.textContent = field.labels[0].textContent;
      link.addEventListener("click", (event) => { event.preventDefault(); field.focus(); });
      const item = document.createElement("li");
      item.append(link, ` – ${document.getElementById(`${field.id}-error`).textContent}`);
      list.append(item);
    }
    summary.append(title, list);
  }

  // A link may fill in the form behind its #, which no server sees. Personal data stays in no address bar.
  function prefill(form) {
    const given = new URLSearchParams(location.hash.slice(1).replace(/\+/gu, "%2B"));
    for (const [name, again] of [["first_name"], ["last_name"], ["email", "email2"], ["phone", "phone2"], ["country"]]) {
      const value = given.get(name);
      if (!value) continue;
      form.elements[name].value = value;
      if (again) form.elements[again].value = value;
    }
    const query = new URLSearchParams(location.search);
    const language = query.get("lang");
    const carriesData = [...given.keys()].length || [...query.keys()].some((key) => key !== "lang");
    if (carriesData) history.replaceState(null, "", location.pathname + (language ? `?lang=${encodeURIComponent(language)}` : ""));
  }

  function follow(progress) {
    let asked = 0;
    const query = new URLSearchParams(location.search);
    query.set("part", "1");
    const address = `${location.pathname}?${query}`;

    // Each three seconds for two minutes, while a text arrives; then each ten; after ten minutes each half minute.
    const pause = () => (asked < 40 ? 3000 : asked < 90 ? 10000 : 30000);

    async function ask() {
      asked += 1;
      try {
        const answer = await fetch(address, { cache: "no-store", credentials: "omit" });
        const html = answer.ok ? await answer.text() : "";
        // Only what differs is written, so that a screen reader says it once.
        const part = new DOMParser().parseFromString(html, "text/html").getElementById("state");
        const state = document.getElementById("state");
        if (part && part.innerHTML !== state.innerHTML) state.replaceWith(document.adoptNode(part));
      } catch { /* offline for a moment: the next question may get through */ }
      plan();
    }

    function plan() {
      if (document.getElementById("state").hasAttribute("data-settled")) return;
      setTimeout(() => (document.hidden ? document.addEventListener("visibilitychange", ask, { once: true }) : ask()), pause());
    }

    plan();
  }
})();
