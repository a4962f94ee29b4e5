// Promises: the page shows the tab as it is, once a second, and sends what a person does. Texts are put in as texts.
"use strict";

const byId = (id) => document.getElementById(id);
let wanted = { spreadsheet: "", tab: "" };
let page = null;
let chosen = { row: 0, column: 0 };
let editing = false;
let shown = "";

function element(name, text, properties = {}) {
  const made = document.createElement(name);
  made.textContent = text;
  return Object.assign(made, properties);
}

function say(text) {
  byId("state").textContent = text;
}

async function post(path, body) {
  const where = { spreadsheet: page.spreadsheet, tab: page.tab };
  try {
    const response = await fetch(`sheet/${path}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ ...where, ...body }),
    });
    say(response.ok ? "" : (await response.json()).detail);
  } catch {
    say("The sandbox does not answer.");
  }
  await refresh();
}

function choose(row, column) {
  chosen = { row, column };
  for (const cell of document.querySelectorAll("td")) {
    cell.classList.toggle("chosen", cell.dataset.place === `${row},${column}`);
  }
}

function edit(cell, row, column) {
  const { text, formula } = page.rows[row][column];
  const input = element("input", "", { value: formula ?? text });
  input.setAttribute("aria-label", `${page.columns[column]}${row + 1}`);
  editing = true;
  let done = false;
  const end = async (keep) => {
    if (done) return;
    done = true;
    editing = false;
    shown = "";
    await (keep && input.value !== (formula ?? text) ? post("cell", { row, column, text: input.value }) : refresh());
  };
  input.addEventListener("blur", () => end(true));
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter") end(true);
    if (event.key === "Escape") end(false);
  });
  cell.replaceChildren(input);
  input.focus();
}

function drawCell(content, row, column) {
  const cell = element("td", "");
  cell.dataset.place = `${row},${column}`;
  for (const kind of ["number", "fresh"]) cell.classList.toggle(kind, Boolean(content[kind]));
  cell.classList.toggle("formula", Boolean(content.formula));
  const button = element("button", content.text, { type: "button", title: content.formula ?? "" });
  button.setAttribute("aria-label", `${page.columns[column]}${row + 1}: ${content.text || "empty"}`);
  button.addEventListener("focus", () => choose(row, column));
  button.addEventListener("click", () => edit(cell, row, column));
  cell.append(button);
  return cell;
}

function draw() {
  const focused = document.activeElement?.closest("td")?.dataset.place;
  byId("spreadsheet").replaceChildren(...page.spreadsheets.map(([id, title]) =>
    element("option", title, { value: id, selected: id === page.spreadsheet })));
  byId("tabs").replaceChildren(...page.tabs.map((title) => {
    const button = element("button", title, { type: "button" });
    button.setAttribute("aria-current", String(title === page.tab));
    button.addEventListener("click", () => { wanted.tab = title; refresh(); });
    return button;
  }));
  byId("caption").textContent = `${page.tab}: ${page.used_rows} rows, version ${page.version}`;
  const letters = element("tr", "");
  letters.append(element("th", "", { scope: "col" }));
  letters.append(...page.columns.map((name) => element("th", name, { scope: "col" })));
  byId("head").replaceChildren(letters);
  byId("body").replaceChildren(...page.rows.map((cells, row) => {
    const line = element("tr", "");
    line.append(element("th", String(row + 1), { scope: "row" }));
    line.append(...cells.map((content, column) => drawCell(content, row, column)));
    return line;
  }));
  choose(chosen.row, chosen.column);
  if (focused) document.querySelector(`td[data-place="${focused}"] button`)?.focus();
}

async function refresh() {
  if (editing) return;
  try {
    const response = await fetch(`sheet/view?${new URLSearchParams(wanted)}`);
    const text = await response.text();
    if (editing || text === shown) return;
    if (!response.ok) return say(JSON.parse(text).detail);
    shown = text;
    page = JSON.parse(text);
    draw();
  } catch {
    say("The sandbox does not answer.");
  }
}

byId("spreadsheet").addEventListener("change", (event) => {
  wanted = { spreadsheet: event.target.value, tab: "" };
  refresh();
});
byId("insert").addEventListener("click", () => post("rows", { row: chosen.row, action: "insert" }));
byId("delete").addEventListener("click", () => post("rows", { row: chosen.row, action: "delete" }));
byId("sort").addEventListener("click", () => post("rows", { row: chosen.row, action: { sort: chosen.column } }));
refresh();
setInterval(refresh, 1000);
