// How the page writes figures: whole Wh in, exact decimals out, the last shown digit half to even; absence is a word.

const MINUS = "\u2212";
const NONE = "missing";

function grouped(digits) {
  return digits.replace(/\B(?=(\d{3})+(?!\d))/g, ",");
}

// A whole number over a power of ten, with so many decimals.
function decimal(whole, scale, decimals) {
  const cut = Math.pow(10, scale - decimals);
  const size = Math.abs(whole);
  let units = Math.floor(size / cut);
  const twice = 2 * (size - units * cut);
  if (twice > cut || (twice === cut && units % 2 === 1)) units += 1;
  const digits = String(units).padStart(decimals + 1, "0");
  const at = digits.length - decimals;
  return (whole < 0 && units > 0 ? MINUS : "") + grouped(digits.slice(0, at)) + (decimals ? "." + digits.slice(at) : "");
}

const kwh = (wh) => (wh === null ? NONE : decimal(wh, 3, 3));
const mwh = (wh) => (wh === null ? NONE : decimal(wh, 6, 3));
const plain = (whole) => (whole === null ? NONE : decimal(whole, 0, 0));
const share = (parts) => (parts === null ? NONE : decimal(parts, 5, 5));

function percent(part, whole) {
  return whole ? ((100 * part) / whole).toFixed(2).replace("-", MINUS) + " %" : "";
}

// A figure in a formula: negative ones in brackets, as the rule's own working writes them.
function inFormula(whole) {
  return whole < 0 ? "(" + MINUS + grouped(String(-whole)) + ")" : grouped(String(whole));
}

const MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];
const WEEKDAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

function dayWords(iso) {
  const [year, month, day] = iso.split("-").map(Number);
  return WEEKDAYS[new Date(Date.UTC(year, month - 1, day)).getUTCDay()] + " " + day + " " + MONTHS[month - 1] + " " + year;
}

function monthWords(month) {
  const [year, number] = month.split("-").map(Number);
  return MONTHS[number - 1] + " " + year;
}

// Elements are made, never written as markup, so that no text of a portfolio can become any.
function element(tag, attributes, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

const byId = (id) => document.getElementById(id);

// A quantity's name with its meaning as a tooltip, from the glossary.
function term(column, text) {
  const entry = page.glossary[column];
  if (!entry) return document.createTextNode(text || column);
  const tip = entry.name + (entry.symbol ? " (" + entry.symbol + ")" : "") + (entry.unit ? ", " + entry.unit : "") + ". " + entry.meaning + " Source: " + entry.source + ".";
  return element("abbr", { title: tip }, text || entry.name);
}

const nameOf = (column) => (page.glossary[column] ? page.glossary[column].name : column);
