// What the sandbox and the service told last, and how numbers and people are called.

const words = JSON.parse(document.getElementById("words").textContent);
export const byId = (id) => document.getElementById(id);
export const word = (name, values = {}) =>
  (words[name] ?? name).replace(/\{(\w+)\}/g, (whole, key) => values[key] ?? whole);

/** What the sandbox and the service told last. */
export const world = { handsets: [], numbers: [], entries: [], interactions: [], clients: [] };
const GROUPS = { 33: [1, 2, 2, 2, 2], 44: [4, 6], 1: [3, 3, 4] };

export function pretty(phone) {
  if (!phone?.startsWith("+")) return word("hidden_number");
  const code = Object.keys(GROUPS).find((code) => phone.startsWith(`+${code}`));
  if (!code) return phone;
  let rest = phone.slice(1 + code.length);
  const parts = GROUPS[code].map((length) => {
    const part = rest.slice(0, length);
    rest = rest.slice(length);
    return part;
  });
  return [`+${code}`, ...parts, rest].filter(Boolean).join("\u00a0");
}

export function person(phone) {
  const known = world.handsets.find((handset) => handset.phone === phone);
  const client = world.clients.find((client) => client.client_real_phone === phone);
  const name = known?.name || client?.client_name || "";
  return { phone, name, proxy: client?.client_proxy_number || known?.proxy || "" };
}

export const first = (name) => name.split(" ")[0];
export const called = (phone) => first(person(phone).name) || pretty(phone);
/** Whoever a proxy number leads to. */
export const owner = (proxy) => everybody().map(person).find((it) => it.proxy === proxy);
export const everybody = () => world.handsets.map((handset) => handset.phone);
export const line = (phone) => world.handsets.find((handset) => handset.phone === phone)?.line ?? null;
export const inCall = (phone) => { const it = line(phone); return Boolean(it) && it.phase !== "over"; };

export function element(tag, text = "", attributes = {}) {
  const made = document.createElement(tag);
  if (text) made.textContent = text;
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

/** Writes only what differs, so that a reader of the screen is not told again. */
export function put(target, text) {
  if (target.textContent !== text) target.textContent = text;
}
