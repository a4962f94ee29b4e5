// The story between the two handsets: each call and text step by step, and why it went so.

import { byId, called, element, everybody, first, owner, pretty, word, world } from "./world.js";

/** Which parts a person opened or closed. */
const open = new Map();

const field = (entry, name) => entry.params.find(([given]) => given === name)?.[1] ?? "";

/** The entries of each call or text, newest first; what the service sends because of one belongs to it. */
function stories() {
  const home = new Map();
  const found = [];
  for (const entry of world.entries) {
    let story = home.get(entry.story);
    const begins = entry.kind === "noticed" && ["dials", "texts"].includes(entry.event.event) && !story;
    const placed = entry.kind === "noticed" && entry.event.event === "rings" && !story;
    if (begins || placed || found.length === 0) {
      story = { id: entry.story, entries: [] };
      found.push(story);
    }
    story ??= found.at(-1);
    home.set(entry.story, story);
    story.entries.push(entry);
  }
  return found.reverse().slice(0, 12);
}

function title(story) {
  const begin = story.entries.find((entry) => entry.kind === "noticed")?.event;
  if (begin?.event === "dials") return word("story_call", { who: called(begin.from), number: pretty(begin.to) });
  if (begin?.event === "texts") return word("story_text", { who: called(begin.from), number: pretty(begin.to) });
  if (begin?.event === "rings") return word("story_placed", { who: called(begin.phone) });
  return word("story_other");
}

/** What the service recorded; carries the reason of a refusal. */
function outcome(story) {
  const found = world.interactions.find((it) => it.inbound_sid === story.id);
  if (!found) return null;
  const kind = found.outcome.startsWith("refused") || ["failed", "undelivered"].includes(found.outcome) ? "bad"
    : ["completed", "delivered"].includes(found.outcome) ? "good" : "wait";
  return { kind, text: word(`outcome_${found.outcome}`, { seconds: found.duration_s ?? 0 }) };
}

/** The decision that an answer carries: [kind, what, why]. */
function decision(entry, story) {
  const answer = new DOMParser().parseFromString(entry.answer || "<Response/>", "text/xml").documentElement;
  const dial = answer.querySelector("Dial");
  const path = new URL(entry.url, location.href).pathname;
  if (dial) {
    const whom = (dial.querySelector("Number") ?? dial).textContent.trim();
    const number = pretty(dial.getAttribute("callerId") ?? "");
    const reached = owner(dial.getAttribute("callerId") ?? "");
    const back = reached && field(entry, "From") === reached.phone;
    const what = word("step_connect", { who: called(whom), number });
    if (!reached) return ["good", what, ""];
    const why = back ? "step_connect_back_why" : "step_connect_why";
    return ["good", what, word(why, { number, name: first(reached.name) })];
  }
  if (answer.querySelector("Gather")) return ["wait", word("step_keys"), ""];
  if (answer.querySelector("Message")) return ["wait", word("step_reply"), answer.querySelector("Message").textContent];
  if (answer.querySelector("Say")) {
    const dialled = field(entry, "DialCallStatus");
    const came = outcome(story);
    const why = dialled ? word(`ended_${dialled}`) : came?.kind === "bad" ? came.text : "";
    return ["bad", word("step_refuse"), why];
  }
  if (field(entry, "SmsStatus") === "received" && !path.includes("status")) {
    return ["good", word("step_relay", { number: pretty(field(entry, "To")) }), word("step_relay_why")];
  }
  if (answer.querySelector("Hangup")) return ["quiet", word("step_hang_up"), ""];
  return null;
}

function indent(xml) {
  let depth = 0;
  return xml.replace(/<\?[^>]*\?>/, "").replace(/>\s*</g, ">\n<").split("\n").map((row) => {
    if (row.startsWith("</")) depth -= 1;
    const shown = "  ".repeat(Math.max(depth, 0)) + row;
    if (/^<[^/!?]/.test(row) && !row.endsWith("/>") && !row.includes("</")) depth += 1;
    return shown;
  }).join("\n").trim();
}

function more(key, summary, content) {
  const made = element("details", "", { class: "raw" });
  made.open = open.get(key) ?? false;
  made.addEventListener("toggle", () => open.set(key, made.open));
  made.append(element("summary", summary), content);
  return made;
}

function step(kind, text, why = "") {
  const made = element("li", "", { class: `step ${kind}` });
  made.append(element("p", text));
  if (why) made.append(element("p", why, { class: "why" }));
  return made;
}

function asked(entry, story) {
  const path = new URL(entry.url, location.href).pathname;
  const told = field(entry, "DialCallStatus") || field(entry, "MessageStatus") || field(entry, "CallStatus");
  const begins = ["ringing", "received", ""].includes(field(entry, "CallStatus") || field(entry, "SmsStatus"));
  const asks = begins && !field(entry, "DialCallStatus");
  const name = entry.status === null ? "step_no_answer" : asks ? "step_asked" : "step_told";
  const inWords = word(`told_${told}`);
  const made = step("asked", word(name, { what: inWords.startsWith("told_") ? told : inWords }));
  const chips = element("p", "", { class: "facts" });
  chips.append(element("code", `${entry.method} ${path}`), element("span", word("signed"), { class: "signed" }),
    element("code", entry.status === null ? "–" : `HTTP ${entry.status}`));
  const fields = element("dl");
  for (const [key, value] of [...entry.params.filter(([, value]) => value), ["X-Twilio-Signature", entry.signature]]) {
    fields.append(element("dt", key), element("dd", value));
  }
  made.append(chips, more(`${entry.id} asked`, word("details_asked"), fields));
  const steps = [made];
  const decided = entry.status === null ? null : decision(entry, story);
  if (decided) {
    const [kind, what, why] = decided;
    const answer = step(`decided ${kind}`, what, why);
    const pre = element("pre", indent(entry.answer), { tabindex: "0" });
    if (entry.answer) answer.append(more(`${entry.id} answer`, word("details_answer"), pre));
    steps.push(answer);
  }
  return steps;
}

const NOTICED = {
  dials: (it) => ["person", word("step_dials", { who: called(it.from), number: pretty(it.to) })],
  texts: (it) => ["person", word("step_texts", { who: called(it.from), number: pretty(it.to), body: it.body })],
  heard: (it) => ["person", word("step_heard", { who: called(it.who), text: it.text })],
  digits: ({ who, digits }) => ["person", word(digits ? "step_digits" : "step_no_digits", { who: called(who), digits })],
  rings: (it) => ["mask", word("step_rings", { who: called(it.phone), number: pretty(it.caller_id_seen) })],
  connected: ({ a, b, b_sees }) =>
    ["mask", word("step_connected", { who: called(a), whom: called(b), number: pretty(b_sees) })],
  not_connected: ({ phone, outcome }) =>
    ["person", word("step_not_connected", { who: called(phone), outcome: word(`ended_${outcome}`) })],
  received: (it) => ["mask", word("step_received", { who: called(it.phone), number: pretty(it.from) })],
  not_delivered: (it) => ["bad", word("step_not_delivered", { who: called(it.phone), code: it.code })],
  error: (it) => ["bad", word("step_error", it)],
  hung_up: (it) => ["quiet", word("step_over", { outcome: word(`ended_${it.status}`) })],
};

function drawStory(story, newest) {
  const made = element("details", "", { class: "story" });
  made.open = open.get(story.id) ?? newest;
  const summary = element("summary");
  summary.append(element("span", title(story), { class: "title" }));
  const came = outcome(story);
  if (came) summary.append(element("span", came.text, { class: `outcome ${came.kind}` }));
  summary.addEventListener("click", () => open.set(story.id, !made.open));
  const steps = element("ol");
  for (const entry of story.entries) {
    if (entry.kind === "asked") steps.append(...asked(entry, story));
    else if (NOTICED[entry.event.event]) steps.append(step(...NOTICED[entry.event.event](entry.event)));
  }
  made.append(summary, steps);
  return made;
}

let drawn = "";
export function drawStories() {
  const { entries, interactions, clients } = world;
  const wanted = JSON.stringify([entries.at(-1)?.id, entries.length, interactions, clients, everybody()]);
  if (wanted === drawn) return;
  drawn = wanted;
  const all = stories();
  byId("empty").hidden = all.length > 0;
  byId("stories").replaceChildren(...all.map((story, index) => drawStory(story, index === 0)));
}
