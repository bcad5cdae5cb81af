// The choice (site, day, Settlement Period, time of the flows), kept in the address so that a link can be sent.

const SPANS = ["run", "month", "day", "period"];
const choice = { site: "", day: calendar.days[0], period: 1, span: "run" };
let subject = { site: null, kind: "none", columns: {}, days: [] };
let shown = {};
let turn = 0;

const subjectWords = (site) => {
  if (site === "") return "All sites";
  const row = siteRow.get(site);
  return row && row[1] ? site + " (" + row[1] + ")" : site;
};

function hashOf(wanted) {
  const parts = [["site", wanted.site], ["day", wanted.day], ["period", wanted.period], ["span", wanted.span === "run" ? "" : wanted.span]];
  return "#" + parts.filter(([, value]) => value !== "" && value !== undefined).map(([name, value]) => name + "=" + encodeURIComponent(value)).join("&");
}

// What an address says, as far as it names what this run has; anything else in it is left alone.
function fromHash() {
  const hash = location.hash.slice(1);
  if (!hash.includes("=")) return {};
  const said = new URLSearchParams(hash);
  const wanted = { site: said.get("site") || "" };
  if (wanted.site && !siteRow.has(wanted.site)) wanted.site = "";
  if (numberOfDay.has(said.get("day"))) wanted.day = said.get("day");
  if (/^\d{1,2}$/.test(said.get("period") || "")) wanted.period = Number(said.get("period"));
  wanted.span = SPANS.includes(said.get("span")) ? said.get("span") : "run";
  return wanted;
}

function withinDay() {
  const last = calendar.periods[numberOfDay.get(choice.day)];
  choice.period = Math.min(Math.max(1, choice.period), last);
  return last;
}

async function choose(wanted, focus) {
  Object.assign(choice, wanted);
  const last = withinDay();
  const mine = (turn += 1);
  byId("site").value = choice.site;
  byId("day").value = choice.day;
  byId("period").value = choice.period;
  byId("period").max = last;
  for (const radio of document.querySelectorAll("input[name=span]")) radio.checked = radio.value === choice.span;
  if (location.hash !== hashOf(choice)) history.replaceState(null, "", hashOf(choice));
  if (subject.site !== choice.site) {
    try {
      const loaded = await loadSubject(choice.site);
      if (mine !== turn) return;
      subject = loaded;
      byId("unpacking").hidden = true;
    } catch (problem) {
      subject = { site: choice.site, kind: "none", columns: {}, days: [] };
      byId("unpacking").textContent = problem.message;
      byId("unpacking").hidden = false;
    }
    shown = {};
  }
  show();
  if (focus) focus();
}

function spanWords() {
  const time = { run: "the run", month: monthWords(choice.day.slice(0, 7)), day: dayWords(choice.day), period: dayWords(choice.day) + ", period " + choice.period };
  return subjectWords(choice.site) + ", " + time[choice.span];
}

function show() {
  const changed = (what, key) => { const is = shown[what] !== key; shown[what] = key; return is; };
  const month = choice.day.slice(0, 7);
  if (changed("site", choice.site)) { fillSiteEditions(choice.site); fillFactors(subject, choice.site); }
  if (changed("day", choice.day)) { fillChoiceTable(subject, choice, subjectWords(choice.site)); fillDayTable(subject, choice); drawFactor(subject, choice); }
  if (changed("month-table", month)) fillMonthTable(subject, choice);
  drawDay(subject, choice);
  if (changed("month", choice.day)) drawMonth(subject, choice);
  const flowsKey = choice.span + (choice.span === "run" ? "" : choice.span === "month" ? month : choice.span === "day" ? choice.day : choice.day + choice.period);
  if (changed("flows", flowsKey)) drawFlows(subject, choice.span, choice, spanWords());
  for (const row of byId("day-table").tBodies[0].rows) {
    const picked = Number(row.dataset.period) === choice.period;
    row.setAttribute("aria-selected", picked ? "true" : "false");
    row.tabIndex = picked ? 0 : -1;
    if (picked) scrollWithin(byId("day-box"), row);
  }
  showWorking(subject, choice);
  say();
}

// Only the table's own box scrolls; the page stays where the reader is.
function scrollWithin(box, row) {
  if (row.offsetTop < box.scrollTop + 40) box.scrollTop = row.offsetTop - 40;
  else if (row.offsetTop + row.offsetHeight > box.scrollTop + box.clientHeight) box.scrollTop = row.offsetTop + row.offsetHeight - box.clientHeight;
}

function say() {
  const day = numberOfDay.get(choice.day);
  const row = subject.kind === "half-hours" ? rowOf(subject, day, choice.period) : null;
  byId("day-words").textContent = row === null ? "" : "Period " + choice.period + ", " + labelsOf(day)[choice.period - 1] + ": " + [["import", "import_bp_wh"], ["export", "export_bp_wh"], ["chargeable", "chargeable_wh"]].map(([word, column]) => { const wh = cell(subject.columns, column, row); return word + " " + (wh === null ? "not known" : kwh(wh) + " kWh"); }).join(", ") + "; " + qualityWords(subject, row) + ".";
  const rows = rowsOf(subject, "day", choice);
  byId("month-words").textContent = rows.length ? dayWords(choice.day) + ": import " + mwh(sum(subject, "import_bp_wh", rows)) + " MWh, chargeable " + mwh(sum(subject, "chargeable_wh", rows)) + " MWh, not chargeable " + mwh(sum(subject, "non_chargeable_wh", rows)) + " MWh." : "Nothing is held for " + dayWords(choice.day) + ".";
}

// Moving by half hours goes on into the next day; moving beyond the run stays.
function halfHours(step) {
  const day = numberOfDay.get(choice.day);
  const period = choice.period + step;
  if (period < 1) return day > 0 ? { day: calendar.days[day - 1], period: calendar.periods[day - 1] } : {};
  if (period > calendar.periods[day]) return day + 1 < calendar.days.length ? { day: calendar.days[day + 1], period: 1 } : {};
  return { period };
}

function byDays(step) {
  const day = Math.min(Math.max(0, numberOfDay.get(choice.day) + step), calendar.days.length - 1);
  return { day: calendar.days[day] };
}

function byMonths(step) {
  const months = [...new Set(calendar.days.map((day) => day.slice(0, 7)))];
  const month = months[months.indexOf(choice.day.slice(0, 7)) + step];
  return month ? { day: calendar.days[daysOfMonth(month)[0]] } : {};
}

const focusWorking = () => { byId("working-heading").focus({ preventScroll: true }); byId("working-heading").scrollIntoView({ block: "start" }); };
const focusRow = () => { const row = byId("day-table").querySelector("tr[aria-selected=true]"); if (row) row.focus({ preventScroll: true }); };
const focusDayChart = () => byId("day-chart").focus();

function onKeys(target, moves) {
  target.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const move = moves[event.key];
    if (!move) return;
    event.preventDefault();
    move();
  });
}

function begin() {
  byId("site").addEventListener("change", (event) => {
    const site = event.target.value.trim();
    if (site === "" || siteRow.has(site)) choose({ site });
  });
  byId("day").addEventListener("change", (event) => { if (numberOfDay.has(event.target.value)) choose({ day: event.target.value }); else event.target.value = choice.day; });
  byId("period").addEventListener("change", (event) => choose({ period: Math.round(Number(event.target.value)) || 1 }));
  byId("day-before").addEventListener("click", () => choose(byDays(-1)));
  byId("day-after").addEventListener("click", () => choose(byDays(1)));
  byId("period-before").addEventListener("click", () => choose(halfHours(-1)));
  byId("period-after").addEventListener("click", () => choose(halfHours(1)));
  for (const form of document.querySelectorAll("form")) form.addEventListener("submit", (event) => event.preventDefault());
  byId("span").addEventListener("change", (event) => choose({ span: event.target.value }));

  byId("day-chart").addEventListener("click", (event) => {
    const place = placeUnder(byId("day-chart"), event, calendar.periods[numberOfDay.get(choice.day)]);
    if (place) choose({ period: place });
  });
  byId("month-chart").addEventListener("click", (event) => {
    const days = daysOfMonth(choice.day.slice(0, 7));
    const place = placeUnder(byId("month-chart"), event, days.length);
    if (place) choose({ day: calendar.days[days[place - 1]] });
  });
  onKeys(byId("day-chart"), { ArrowLeft: () => choose(halfHours(-1)), ArrowRight: () => choose(halfHours(1)), ArrowUp: () => choose(byDays(-1)), ArrowDown: () => choose(byDays(1)), PageUp: () => choose(byDays(-1)), PageDown: () => choose(byDays(1)), Enter: focusWorking });
  onKeys(byId("month-chart"), { ArrowLeft: () => choose(byDays(-1)), ArrowRight: () => choose(byDays(1)), ArrowUp: () => choose(byMonths(-1)), ArrowDown: () => choose(byMonths(1)), Enter: focusDayChart });
  const table = byId("day-table");
  table.addEventListener("click", (event) => {
    const row = event.target.closest("tr[data-period]");
    if (row) choose({ period: Number(row.dataset.period) }, focusRow);
  });
  onKeys(table, { ArrowUp: () => choose(halfHours(-1), focusRow), ArrowDown: () => choose(halfHours(1), focusRow), ArrowLeft: () => choose(halfHours(-1), focusRow), ArrowRight: () => choose(halfHours(1), focusRow), PageUp: () => choose(byDays(-1), focusRow), PageDown: () => choose(byDays(1), focusRow), Home: () => choose({ period: 1 }, focusRow), End: () => choose({ period: 50 }, focusRow), Enter: focusWorking });
  onKeys(byId("working-heading"), { Escape: focusRow });

  if (byId("exceptions-code")) {
    for (const code of [...new Set(page.exceptions.by_code.map((row) => row[0]))]) byId("exceptions-code").append(element("option", {}, code));
    byId("exceptions-filter").addEventListener("input", fillExceptions);
    fillExceptions();
  }
  byId("sites-text").addEventListener("input", fillSites);
  fillSites();
  drawEditions();

  window.addEventListener("hashchange", () => {
    const wanted = fromHash();
    if (wanted.site !== undefined) choose(wanted, focusWorking);
  });
  let closed = [];
  window.addEventListener("beforeprint", () => {
    closed = [...document.querySelectorAll("details:not([open])")];
    for (const one of closed) one.open = true;
    for (const chart of document.querySelectorAll(".chart.js-plotly-plot")) Plotly.relayout(chart, { width: 690 });
  });
  window.addEventListener("afterprint", () => {
    for (const one of closed) one.open = false;
    for (const chart of document.querySelectorAll(".chart.js-plotly-plot")) Plotly.relayout(chart, { width: null, autosize: true });
  });

  const only = page.sites.length === 1 ? page.sites[0][0] : "";
  const wanted = fromHash();
  choose({ site: only, period: 25, ...wanted }, wanted.site === undefined ? undefined : () => byId("choice-heading").scrollIntoView());
}

begin();
