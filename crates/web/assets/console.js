// What the console's pages do beyond what the server made. They work without it.
(() => {
  "use strict";

  // The drawer is always there on a desk, and closed at first on a phone.
  const menu = document.querySelector("details.menu");
  const wide = matchMedia("(min-width: 64rem)");
  const fit = () => {
    if (menu) menu.open = wide.matches;
    // So are filters, where there is room for them.
    if (innerWidth >= 768) for (const fold of document.querySelectorAll("details[data-wide]")) fold.open = true;
  };
  wide.addEventListener("change", fit);
  fit();

  // One question at a time; Escape answers none of them.
  document.addEventListener("toggle", (event) => {
    if (!event.target.matches?.("details.confirm") || !event.target.open) return;
    for (const other of document.querySelectorAll("details.confirm[open]")) if (other !== event.target) other.open = false;
  }, true);
  document.addEventListener("keydown", (event) => {
    const open = event.key === "Escape" && document.querySelector("details.confirm[open]");
    if (!open) return;
    open.open = false;
    open.querySelector("summary").focus();
  });

  // A form is sent once.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    // A file may be asked for again: the page stays.
    if (event.submitter?.hasAttribute("data-again")) return;
    if (form.dataset.sent && !form.hasAttribute("hx-post")) event.preventDefault();
    else form.dataset.sent = "1";
  });
  addEventListener("pageshow", () => { for (const form of document.forms) delete form.dataset.sent; });

  // What keeps itself up to date must not take away what somebody opened or writes in.
  document.addEventListener("htmx:beforeRequest", (event) => {
    const live = event.target;
    if (!live.getAttribute?.("hx-trigger")?.startsWith("every")) return;
    if (live.hasAttribute("data-merge")) {
      if (document.hidden) event.preventDefault();
      return;
    }
    const busy = live.querySelector("details[open]:not(.menu)") || (live.contains(document.activeElement) && document.activeElement !== document.body);
    if (busy || document.hidden) event.preventDefault();
  });

  // New rows come on top of a list and others change where they stand: whoever reads further down keeps the place.
  document.addEventListener("htmx:beforeSwap", (event) => {
    const list = event.detail.target;
    if (!list.hasAttribute?.("data-merge") || event.detail.requestConfig.elt !== list) return;
    event.detail.shouldSwap = false;
    document.querySelector(".toast")?.remove();
    const page = new DOMParser().parseFromString(event.detail.serverResponse, "text/html");
    const fresh = [...(page.getElementById(list.id)?.children ?? [])];
    const known = fresh.findIndex((row) => document.getElementById(row.id));
    if (known < 0 && fresh.length) {
      if (document.getElementById("gap")) return;
      const link = document.createElement("a");
      Object.assign(link, { id: "gap", className: "notice", href: location.href, textContent: list.dataset.merge });
      list.closest("section").prepend(link);
      return;
    }
    let before = list.firstElementChild;
    for (const row of fresh) {
      const old = document.getElementById(row.id);
      if (!old) {
        list.insertBefore(document.adoptNode(row), before);
      } else if (old.innerHTML !== row.innerHTML && !old.contains(document.activeElement) && !old.querySelector("details[open]")) {
        old.replaceChildren(...row.childNodes);
      }
    }
  });

  // When it could not be brought up to date, that is said until it can.
  const failed = () => {
    if (document.querySelector(".toast")) return;
    const toast = document.createElement("p");
    toast.className = "toast";
    toast.setAttribute("role", "status");
    toast.textContent = document.body.dataset.failed;
    document.body.append(toast);
  };
  document.addEventListener("htmx:responseError", failed);
  document.addEventListener("htmx:sendError", failed);
  document.addEventListener("htmx:afterSwap", () => document.querySelector(".toast")?.remove());

  // Say a sentence aloud, where the browser can.
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-say]");
    if (!button || !("speechSynthesis" in window)) return;
    const words = new SpeechSynthesisUtterance(document.getElementById(button.dataset.say)?.textContent ?? "");
    words.lang = button.dataset.lang;
    speechSynthesis.cancel();
    speechSynthesis.speak(words);
  });
  if (!("speechSynthesis" in window)) for (const button of document.querySelectorAll("[data-say]")) button.hidden = true;
})();
