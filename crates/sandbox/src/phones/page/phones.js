// Two handsets and the story between them. The sandbox says what is so (server-sent events); this draws it, and posts
// what people press. Everything that came as data is put into the page as text.
import { sound, tone } from "./sound.js";
import { drawStories } from "./story.js";
import {
  byId, called, element, everybody, first, inCall, line, owner, person, pretty, put, word, world,
} from "./world.js";

/** What each side of the page is: whose handset, which number it dials. */
const sides = {
  left: { phone: "", to: "", keypad: false },
  right: { phone: "", to: "", keypad: false },
};
let stream = null;
const other = (side) => (side === "left" ? "right" : "left");

async function post(path, body) {
  const notice = byId("notice");
  try {
    const answer = await fetch(`/sandbox/phones/${path}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
    notice.hidden = answer.ok;
    if (!answer.ok) notice.textContent = word("sent_failed", { why: (await answer.json()).detail });
  } catch {
    notice.textContent = word("offline");
    notice.hidden = false;
  }
}

// ── what people do ───────────────────────────────────────────────────────────────────────────────────────────────

const part = (side, name) => byId(side).querySelector(`[data-part="${name}"]`);
const button = (side, act) => byId(side).querySelector(`[data-act="${act}"]`);

/** The number that a handset dials: its own proxy number for a client, else the one chosen. */
function dials(side) {
  return sides[side].to || person(sides[side].phone).proxy || owned(person(sides[other(side)].phone).proxy);
}
const owned = (proxy) => proxy || everybody().map(person).find((it) => it.proxy)?.proxy || "";

function call(side, withheld = byId(`${side}-withheld`).checked) {
  sides[side].keypad = false;
  return post("call", { phone: sides[side].phone, to: dials(side), withheld });
}

const act = (side, what) => post("act", { phone: sides[side].phone, act: what });

function hold(side, phone) {
  Object.assign(sides[side], { phone, to: "", keypad: false });
  byId(`${side}-withheld`).checked = false;
  watch();
}

/** A courier on the left, the client whom it calls on the right. */
function couple(courier) {
  if (sides.left.phone !== courier) hold("left", courier);
  if (!person(sides.right.phone).proxy) hold("right", everybody().find((phone) => person(phone).proxy) ?? "");
}

const courier = () => everybody().find((phone) => phone.startsWith("+33") && !person(phone).proxy);
const foreigner = () => everybody().find((phone) => phone.startsWith("+1") && !person(phone).proxy);

const tries = {
  back: () => { if (!person(sides.right.phone).proxy) couple(sides.left.phone); return call("right", false); },
  text: () => {
    couple(sides.left.phone);
    return post("text", { phone: sides.left.phone, to: dials("left"), body: word("sample_courier") });
  },
  withheld: () => { couple(courier()); return call("left", true); },
  foreign: () => { couple(foreigner()); return call("left", false); },
};

function wire(side) {
  const keypad = part(side, "keypad");
  for (const key of "123456789*0#") {
    const made = element("button", key, { type: "button" });
    made.addEventListener("click", () => { tone(key); act(side, { keys: key }); });
    keypad.append(made);
  }
  button(side, "call").addEventListener("click", () => call(side));
  button(side, "answer").addEventListener("click", () => act(side, "answer"));
  button(side, "hang_up").addEventListener("click", () => act(side, "hang_up"));
  button(side, "keypad").addEventListener("click", () => { sides[side].keypad = !sides[side].keypad; draw(); });
  part(side, "compose").addEventListener("submit", (event) => {
    event.preventDefault();
    const field = byId(`${side}-body`);
    if (field.value.trim()) post("text", { phone: sides[side].phone, to: dials(side), body: field.value });
    field.value = "";
  });
  byId(`${side}-person`).addEventListener("change", (event) => { hold(side, event.target.value); draw(); });
  byId(`${side}-to`).addEventListener("change", (event) => { sides[side].to = event.target.value; draw(); });
}

// ── the handsets ─────────────────────────────────────────────────────────────────────────────────────────────────

/** A handset that rings out of sight comes into sight. */
function seat() {
  const callers = everybody().filter((phone) => !person(phone).proxy);
  if (!everybody().includes(sides.left.phone)) sides.left.phone = callers[0] ?? everybody()[0] ?? "";
  if (!everybody().includes(sides.right.phone)) {
    sides.right.phone = everybody().find((phone) => person(phone).proxy) ?? everybody()[1] ?? "";
  }
  const shown = () => [sides.left.phone, sides.right.phone];
  const unseen = everybody().find((phone) => line(phone)?.phase === "ringing" && !shown().includes(phone));
  const free = ["right", "left"].find((side) => !inCall(sides[side].phone));
  if (unseen && free) Object.assign(sides[free], { phone: unseen, to: "", keypad: false });
}

function options(select, entries, chosen) {
  const wanted = JSON.stringify(entries);
  if (select.dataset.entries !== wanted) {
    select.dataset.entries = wanted;
    select.replaceChildren(...entries.map(([value, text]) => element("option", text, { value })));
  }
  select.value = chosen;
}

const duration = (seconds) => `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;

function state(it) {
  if (!it) return word("phase_idle");
  if (it.phase === "over") {
    const ended = word(`ended_${it.outcome}`);
    return it.talked ? `${ended} · ${duration(it.talked)}` : ended;
  }
  return word(`phase_${it.phase}`);
}

/** What this side must not learn: whose number stays hidden. */
function lesson(side, it) {
  if (!it || !["ringing", "talking"].includes(it.phase)) return "";
  const far = sides[other(side)].phone;
  const between = line(far);
  const name = between && between.phase !== "over" ? first(person(far).name) : "";
  return name ? word("lesson", { name }) : word("lesson_other");
}

/** Whose the number is that a handset dials. */
function destination(own, to) {
  if (own.proxy && own.proxy === to) return word("own_proxy");
  const reached = owner(to);
  return reached ? word("calls_number", { name: first(reached.name) }) : word("proxy_number");
}

function callLabel(side) {
  const own = person(sides[side].phone);
  const to = dials(side);
  if (own.proxy && own.proxy === to) return word("call_back");
  const reached = owner(to);
  return reached ? word("call_name", { name: first(reached.name) }) : word("call_number", { number: pretty(to) });
}

function drawHandset(side) {
  const own = person(sides[side].phone);
  const it = line(own.phone);
  const phase = !it || it.phase === "over" ? "idle" : it.phase;
  const root = byId(side);
  const focused = root.contains(document.activeElement) ? document.activeElement : null;
  const screen = root.querySelector(".screen");
  screen.dataset.phase = phase;
  put(part(side, "avatar"), (first(own.name) || "?").slice(0, 1));
  put(part(side, "name"), own.name || word("someone"));
  put(part(side, "role"), word("own_number"));
  put(part(side, "own"), pretty(own.phone));
  put(part(side, "state"), state(it));
  if (phase !== "talking") delete part(side, "state").dataset.clock;
  put(part(side, "shown"), phase === "idle" ? pretty(dials(side)) : pretty(it.shows));
  put(part(side, "lesson"), phase === "idle" ? destination(own, dials(side)) : lesson(side, it));
  part(side, "lesson").classList.toggle("kept", phase !== "idle" && Boolean(lesson(side, it)));
  const said = it?.heard.at(-1);
  const spoken = part(side, "spoken");
  spoken.lang = said?.language ?? "";
  put(spoken, said ? `“${said.text}”` : "");
  drawThread(side, own.phone);

  put(button(side, "call"), callLabel(side));
  put(button(side, "hang_up"), word(phase === "ringing" ? "decline" : "hang_up"));
  const visible = {
    call: phase === "idle",
    answer: phase === "ringing",
    hang_up: phase !== "idle",
    keypad: ["listening", "talking"].includes(phase),
  };
  for (const [name, shown] of Object.entries(visible)) button(side, name).hidden = !shown;
  button(side, "call").disabled = !dials(side);
  // Nobody has called yet: one button stands out, the courier's.
  const begun = world.entries.length > 0;
  button(side, "call").classList.toggle("first", side === "left" && !begun);
  button(side, "call").classList.toggle("later", side === "right" && !begun);
  const keypad = visible.keypad && sides[side].keypad;
  part(side, "keypad").hidden = !keypad;
  button(side, "keypad").setAttribute("aria-expanded", String(keypad));
  // A button that was pressed and is gone hands the focus on.
  if (focused?.closest("[hidden]")) root.querySelector(".acts button:not([hidden])")?.focus();

  const name = (phone) => `${person(phone).name || word("someone")} · ${pretty(phone)}`;
  options(byId(`${side}-person`), everybody().map((phone) => [phone, name(phone)]), own.phone);
  const label = ({ phone }) => [phone, `${pretty(phone)} · ${owner(phone)?.name ?? word("free")}`];
  options(byId(`${side}-to`), world.numbers.map(label), dials(side));
  byId(`${side}-person`).disabled = phase !== "idle";
}

function drawThread(side, phone) {
  const texts = world.handsets.find((handset) => handset.phone === phone)?.texts ?? [];
  const thread = part(side, "thread");
  const wanted = `${phone} ${texts.map((text) => text.sid).join(" ")}`;
  if (thread.dataset.shown === wanted) return;
  thread.dataset.shown = wanted;
  thread.hidden = texts.length === 0;
  thread.replaceChildren(...texts.map((text) => {
    const made = element("li", "", { class: text.sent ? "sent" : "received" });
    made.append(element("span", pretty(text.other), { class: "number" }), element("p", text.body));
    return made;
  }));
  thread.scrollTop = thread.scrollHeight;
}

function drawPool() {
  const rows = world.numbers.map(({ phone, country }) => {
    const row = element("tr");
    const cell = element("td", pretty(phone), { class: "number" });
    cell.append(" ", element("span", country, { class: "country" }));
    row.append(cell, element("td", owner(phone)?.name ?? word("free")));
    return row;
  });
  byId("pool").replaceChildren(...rows);
}

/** Between the two: all that either sees, and what stays hidden from whom. */
function drawBridge() {
  for (const side of ["left", "right"]) {
    const [who, number, secret] = byId(`bridge-${side}`).children;
    put(who, called(sides[side].phone));
    put(number, pretty(sides[side].phone));
    put(secret, word("hidden_from", { name: called(sides[other(side)].phone) }));
  }
  const it = line(sides.left.phone);
  put(byId("bridge-proxy"), pretty(it && it.phase !== "over" ? it.shows : dials("left")));
  const phases = ["left", "right"].map((side) => line(sides[side].phone)?.phase);
  byId("bridge").dataset.phase = ["talking", "ringing"].find((phase) => phases.includes(phase)) ?? "idle";
}

function draw() {
  seat();
  drawHandset("left");
  drawHandset("right");
  const names = { client: called(sides.right.phone), courier: called(sides.left.phone) };
  for (const chip of document.querySelectorAll("[data-try]")) {
    put(chip, word(`try_${chip.dataset.try}`, names));
    chip.disabled = chip.dataset.try !== "text" && (inCall(sides.left.phone) || inCall(sides.right.phone));
  }
  drawBridge();
  drawStories();
  drawPool();
  follow();
}

// ── sound: none until a person allows it ─────────────────────────────────────────────────────────────────────────

const follow = () => sound.follow([sides.left.phone, sides.right.phone]);
byId("sound").addEventListener("click", () => {
  const heard = sound.toggle();
  byId("sound").classList.toggle("on", heard);
  put(byId("sound"), word(heard ? "sound_on" : "sound_off"));
  follow();
});

// ── what the sandbox tells ───────────────────────────────────────────────────────────────────────────────────────

let asking = 0;
/** The service's own view changes after what the carrier tells it; asked a moment later, and once for many. */
function askService(delay = 250) {
  clearTimeout(asking);
  asking = setTimeout(async () => {
    try {
      const answer = await (await fetch("/sandbox/phones/service")).json();
      const { interactions, clients } = world;
      if (JSON.stringify(answer) === JSON.stringify({ interactions, clients })) return;
      Object.assign(world, answer);
      draw();
    } catch { /* the stream says that nobody answers */ }
  }, delay);
}

/** Follows the sandbox while holding the two handsets, so that calls placed by the service ring here. */
let holding = null;
function watch() {
  const hold = [sides.left.phone, sides.right.phone].filter(Boolean).join(",");
  if (holding === hold) return;
  holding = hold;
  stream?.close();
  stream = new EventSource(`/sandbox/phones/events?${new URLSearchParams({ hold })}`);
  const on = (name, then) => stream.addEventListener(name, (event) => {
    then(JSON.parse(event.data));
    draw();
    watch();
  });
  on("history", (entries) => { world.entries = entries; askService(0); });
  on("happened", (entries) => { world.entries = [...world.entries, ...entries].slice(-200); askService(); });
  on("phones", (view) => Object.assign(world, view));
  stream.addEventListener("open", () => { byId("notice").hidden = true; });
  stream.addEventListener("error", () => { put(byId("notice"), word("offline")); byId("notice").hidden = false; });
}

/** How long each side has been talking: from when it was seen to begin, else from when the sandbox says. */
const clocks = new Map();
setInterval(() => {
  for (const side of ["left", "right"]) {
    const { phone } = sides[side];
    const it = line(phone);
    if (it?.phase !== "talking") {
      clocks.set(phone, null);
      continue;
    }
    if (!clocks.get(phone)) clocks.set(phone, clocks.has(phone) ? Date.now() : Date.parse(it.since));
    const seconds = Math.max(0, Math.floor((Date.now() - clocks.get(phone)) / 1000));
    part(side, "state").dataset.clock = duration(seconds);
  }
}, 250);

for (const side of ["left", "right"]) wire(side);
for (const chip of document.querySelectorAll("[data-try]")) {
  chip.addEventListener("click", () => tries[chip.dataset.try]());
}
watch();
