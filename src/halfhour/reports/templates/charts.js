// The charts. Import stands above the axis and export below; a missing half hour is a marked gap, never a zero.

const PLOT = { displayModeBar: false, responsive: true, staticPlot: false, scrollZoom: false, doubleClick: false };
const FONT = { family: "system-ui, 'Segoe UI', Roboto, Arial, sans-serif", size: 12, color: "#16202b" };

function baseLayout(more) {
  return { font: FONT, paper_bgcolor: "#fff", plot_bgcolor: "#fff", dragmode: false, autosize: true, ...more };
}

function pattern(colour, shape) {
  return { color: colour, line: { color: "#16202b", width: 0.5 }, pattern: shape ? { shape, bgcolor: colour, fgcolor: isLight(colour) ? "#16202b" : "#ffffff", size: 6, solidity: 0.25 } : { shape: "" } };
}

const SVG = "http://www.w3.org/2000/svg";
const STROKES = { "/": ["M-1,9 L9,-1 M3,13 L13,3"], "\\": ["M-1,5 L9,15 M3,1 L13,11"], x: ["M0,0 L12,12 M12,0 L0,12"], "-": ["M0,3 H12 M0,9 H12"], "|": ["M3,0 V12 M9,0 V12"], "+": ["M6,0 V12 M0,6 H12"], ".": ["M3,3 h.1 M9,3 h.1 M3,9 h.1 M9,9 h.1"] };

// A legend in the page's own text, which wraps on a phone; the swatches bear the same patterns as the bars.
function fillLegend(list, entries) {
  list.replaceChildren(...entries.map(([name, colour, shape, mark]) => {
    if (mark) return element("li", {}, element("span", { class: "sign", "aria-hidden": "true" }, mark), " " + name);
    const picture = document.createElementNS(SVG, "svg");
    for (const [key, value] of Object.entries({ width: 14, height: 14, viewBox: "-1 -1 14 14", "aria-hidden": "true" })) picture.setAttribute(key, value);
    const box = document.createElementNS(SVG, "rect");
    for (const [key, value] of Object.entries({ width: 12, height: 12, fill: colour, stroke: "#16202b", "stroke-width": 0.8 })) box.setAttribute(key, value);
    picture.append(box);
    for (const stroke of STROKES[shape] || []) {
      const path = document.createElementNS(SVG, "path");
      for (const [key, value] of Object.entries({ d: stroke, stroke: isLight(colour) ? "#16202b" : "#fff", "stroke-width": shape === "." ? 2.4 : 1.4, "stroke-linecap": "round", fill: "none" })) path.setAttribute(key, value);
      picture.append(path);
    }
    return element("li", {}, picture, name);
  }));
}

const isLight = (colour) => /^#(..)(..)(..)$/.exec(colour).slice(1).reduce((all, part) => all + parseInt(part, 16), 0) > 380;

// One bar per place on the x axis (half hours of a day, or days of a month), in up to three panels over one axis.
function drawStack(chart, legend, places, picked, ticks, title) {
  const narrow = chart.clientWidth < 560;
  const panels = [
    { key: "boundary", title: "At the boundary", series: [...SERIES.import.map((one) => [...one, 1]), ...SERIES.export.map((one) => [...one, -1])] },
    { key: "charge", title: "Import, charged or not", series: SERIES.charge.map((one) => [...one, 1]) },
    { key: "onsite", title: "On site", series: SERIES.onsite.map((one) => [...one, 1]) },
  ].map((panel) => ({ ...panel, series: panel.series.filter(([name]) => places.some((place) => place.value(name))) })).filter((panel) => panel.key !== "onsite" || panel.series.length);
  let top = 0;
  for (const panel of panels) for (const [name] of panel.series) for (const place of places) top = Math.max(top, Math.abs(place.value(name) || 0));
  const [scale, unit, words] = top >= 1e7 ? [1e6, "MWh", mwh] : [1e3, "kWh", kwh];
  const gap = 0.1;
  const height = (1 - gap * panels.length) / panels.length;
  const layout = baseLayout({
    height: (narrow ? 180 : 200) * panels.length + 70,
    margin: { l: narrow ? 42 : 56, r: 8, t: 8, b: 44 },
    barmode: "relative",
    bargap: 0.12,
    hovermode: "x unified",
    hoversubplots: "axis",
    hoverlabel: { font: { size: 11 } },
    showlegend: false,
    annotations: [],
    xaxis: { tickvals: ticks.values, ticktext: ticks.texts, title: { text: title, standoff: 6 }, range: [0.4, places.length + 0.6], fixedrange: true, anchor: panels.length > 1 ? "y" + panels.length : "y", tickangle: 0, ticks: "outside", automargin: true, zeroline: false, showgrid: false },
    shapes: [],
  });
  const traces = [];
  const entries = panels.flatMap((panel) => panel.series.map(([name, colour, shape]) => [seriesName(name), colour, shape]));
  const x = places.map((place, at) => at + 1);
  panels.forEach((panel, at) => {
    const axis = at ? "y" + (at + 1) : "y";
    const from = 1 - (at + 1) * (height + gap);
    layout.annotations.push({ text: "<b>" + panel.title + "</b>, " + unit, xref: "paper", yref: "paper", x: 0, y: Math.min(1, from + height), xanchor: "left", yanchor: "bottom", showarrow: false, font: { size: 12 } });
    layout["yaxis" + (at ? at + 1 : "")] = { domain: [Math.max(0, from), Math.min(1, from + height)], fixedrange: true, zeroline: true, zerolinecolor: "#16202b", zerolinewidth: 1.2, gridcolor: "#e3e7eb", nticks: 5, separatethousands: true };
    for (const [name, colour, shape, sign] of panel.series) {
      traces.push({
        type: "bar", name: seriesName(name), x, yaxis: axis,
        y: places.map((place) => { const value = place.value(name); return value === null ? null : (sign * value) / scale; }),
        customdata: places.map((place) => words(place.value(name)) + " " + unit),
        hovertemplate: "%{customdata}",
        marker: pattern(colour, shape),
      });
    }
  });
  const marks = [["missing", "missing", "x", "#8f1d14", "\u2716"], ["part", "data missing in part", "x-thin", "#8f1d14", "\u00d7"], ["estimated", "estimated", "triangle-up-open", "#16202b", "\u25b3"]];
  for (const [quality, name, symbol, colour, sign] of marks) {
    const at = x.filter((place) => places[place - 1].quality === quality);
    if (!at.length) continue;
    entries.push([name, null, null, sign]);
    traces.push({ type: "scatter", mode: "markers", name, x: at, y: at.map(() => 0), yaxis: panels.length > 1 ? "y2" : "y", marker: { symbol, size: 9, color: colour, line: { width: 1.8, color: colour } }, hovertemplate: name + "<extra></extra>", cliponaxis: false });
    if (quality !== "estimated") for (const place of at) layout.shapes.push({ type: "rect", xref: "x", yref: "paper", x0: place - 0.5, x1: place + 0.5, y0: 0, y1: 1, fillcolor: "#d5dbe1", opacity: 0.55, line: { width: 0 }, layer: "below" });
  }
  if (picked) layout.shapes.push({ type: "rect", xref: "x", yref: "paper", x0: picked - 0.5, x1: picked + 0.5, y0: 0, y1: 1, fillcolor: "#fff3c4", opacity: 0.6, line: { width: 1.5, color: "#8a6100" }, layer: "below" });
  fillLegend(legend, entries);
  return Plotly.react(chart, traces, layout, PLOT);
}

// Which bar lies under the pointer, wherever in its column that is.
function placeUnder(chart, event, places) {
  const full = chart._fullLayout;
  if (!full || !full.xaxis) return null;
  const left = chart.getBoundingClientRect().left + full.margin.l + full._size.l - full.margin.l;
  const place = Math.round(full.xaxis.p2d(event.clientX - left));
  return place >= 1 && place <= places ? place : null;
}

function drawDay(subject, choice) {
  const day = numberOfDay.get(choice.day);
  const chart = byId("day-chart");
  chart.hidden = !(subject.kind === "half-hours" && subject.first.has(day));
  byId("day-chart-heading").textContent = subjectWords(choice.site) + ", " + dayWords(choice.day) + (calendar.periods[day] === 48 ? "" : " (" + calendar.periods[day] + " Settlement Periods)");
  for (const id of ["day-chart-heading", "day-legend", "day-keys", "day-part"]) byId(id).hidden = chart.hidden;
  if (chart.hidden) return;
  const labels = labelsOf(day);
  const places = labels.map((label, at) => {
    const row = rowOf(subject, day, at + 1);
    return { value: (name) => valueAt(subject, name, row), quality: qualityAt(subject, row) };
  });
  const step = chart.clientWidth < 560 ? 8 : 4;
  const clocks = new Set(labels.map((label) => label.slice(6)));
  const at = labels.map((label, number) => number + 1).filter((number) => (number - 1) % step === 0);
  const ticks = { values: at, texts: at.map((number) => (clocks.size > 1 ? labels[number - 1].replace(" ", "<br>") : labels[number - 1].slice(0, 5))) };
  return drawStack(chart, byId("day-legend"), places, choice.period, ticks, (step === 8 ? "Start" : "Start of the Settlement Period") + ", local time" + (clocks.size > 1 ? "" : " (" + [...clocks][0] + ")"));
}

function drawMonth(subject, choice) {
  const chart = byId("month-chart");
  const month = choice.day.slice(0, 7);
  byId("month-chart-heading").textContent = subjectWords(choice.site) + ", " + monthWords(month) + ", by day";
  chart.hidden = subject.kind === "none";
  byId("month-legend").hidden = chart.hidden;
  if (chart.hidden) return;
  const days = daysOfMonth(month);
  const places = days.map((day) => {
    const has = subject.first.has(day);
    const rows = has ? rowsOf(subject, "day", { day: calendar.days[day] }) : [];
    const gone = has ? countMissing(subject, rows) : 0;
    const estimated = has ? countEstimated(subject, rows) : 0;
    const known = has && sum(subject, "import_bp_wh", rows) !== null;
    return { value: (name) => (has ? sum(subject, name, rows) : null), quality: !known ? "missing" : gone ? "part" : estimated ? "estimated" : "actual" };
  });
  const at = days.map((day, number) => number + 1).filter((number) => (chart.clientWidth < 560 ? (number - 1) % 5 === 0 : (number - 1) % 2 === 0));
  const ticks = { values: at, texts: at.map((number) => String(Number(calendar.days[days[number - 1]].slice(8)))) };
  return drawStack(chart, byId("month-legend"), places, days.indexOf(numberOfDay.get(choice.day)) + 1, ticks, "Settlement Day of " + monthWords(month));
}

function daysOfMonth(month) {
  return calendar.days.map((day, number) => number).filter((number) => calendar.days[number].startsWith(month));
}

const BASES = { measured: ["circle", "#0072b2"], default: ["square-open", "#d55e00"], clamped: ["diamond", "#16202b"] };
const DASHES = ["solid", "dash", "dot", "dashdot", "longdash", "longdashdot"];

// One site's factor day by day, each mark by its basis; for all sites together, the factors of those that have one.
function drawFactor(subject, choice) {
  const chart = byId("factor-chart");
  const sites = choice.site === "" ? Object.entries(page.factors) : subject.factors ? [[choice.site, subject.factors]] : [];
  if (!sites.length || chart.hidden) return;
  const traces = [];
  const seen = new Set();
  sites.forEach(([site, factors], number) => {
    const x = factors.day.map((day) => calendar.days[day]);
    // A day without a factor breaks the line.
    const lineX = [], lineY = [];
    factors.day.forEach((day, at) => {
      if (at && day !== factors.day[at - 1] + 1) { lineX.push(x[at]); lineY.push(null); }
      lineX.push(x[at]);
      lineY.push(factors.factor[at] / 1e5);
    });
    traces.push({ type: "scatter", mode: "lines", name: site, x: lineX, y: lineY, line: { color: sites.length > 1 ? ["#0072b2", "#b35900", "#00684d", "#8a4a75", "#16202b", "#7a6a00"][number % 6] : "#51606f", width: sites.length > 1 ? 1.8 : 1.2, shape: "hv", dash: DASHES[number % 6] }, hoverinfo: "skip", showlegend: sites.length > 1, connectgaps: false });
    for (const [basis, [symbol, colour]] of Object.entries(BASES)) {
      const at = factors.day.map((_, place) => place).filter((place) => factors.basis[place] === basis);
      // Between several lines the marks of what is not measured are what must still be seen.
      if (!at.length || (sites.length > 1 && basis === "measured")) continue;
      traces.push({ type: "scatter", mode: "markers", name: basis, legendgroup: basis, showlegend: !seen.has(basis), x: at.map((place) => x[place]), y: at.map((place) => factors.factor[place] / 1e5), marker: { symbol, size: sites.length > 1 ? 5 : 7, color: colour, line: { width: 1.5, color: colour } }, customdata: at.map((place) => site + " " + share(factors.factor[place]) + ", " + basis + ", " + factors.missing_days[place] + " missing days"), hovertemplate: "%{x|%d %b %Y}: %{customdata}<extra></extra>" });
      seen.add(basis);
    }
  });
  const parameters = new Set(page.stretches.map((one) => page.editions[one.edition].parameter).filter((name) => name && isShare(name)));
  Plotly.react(chart, traces, baseLayout({
    height: 320, margin: { l: 56, r: 12, t: 8, b: 36 },
    xaxis: { type: "date", fixedrange: true, tickformat: "%d %b<br>%Y", nticks: chart.clientWidth < 560 ? 5 : 12 },
    yaxis: { range: [-0.04, 1.04], fixedrange: true, title: { text: parameters.size === 1 ? nameOf([...parameters][0]) : nameOf("factor_per_100000"), font: { size: 11 } }, tickformat: ".1f", gridcolor: "#e3e7eb", zeroline: false },
    legend: { orientation: "h", y: 1.02, yanchor: "bottom", itemclick: false, itemdoubleclick: false },
    shapes: [{ type: "line", xref: "x", yref: "paper", x0: choice.day, x1: choice.day, y0: 0, y1: 1, line: { color: "#8a6100", width: 1.5, dash: "dot" } }],
  }), PLOT);
}

function drawEditions() {
  const chart = byId("editions-chart");
  if (!chart || !page.compared) return;
  const rows = page.compared.chart.slice().reverse();
  const traces = SERIES.charge.map(([name, colour, shape]) => ({
    type: "bar", orientation: "h", name: nameOf(name), y: rows.map((row) => row.edition), x: rows.map((row) => row[name] / 1e6),
    customdata: rows.map((row) => mwh(row[name]) + " MWh"), hovertemplate: "%{y}: %{customdata}", marker: pattern(colour, shape),
    text: rows.map((row) => mwh(row[name])), textposition: "inside", insidetextanchor: "start", textfont: { color: name === "chargeable_wh" ? "#fff" : "#16202b", size: 11 }, textangle: 0, constraintext: "none", cliponaxis: true,
  }));
  if (!rows.some((row) => row.non_chargeable_wh)) traces.pop();
  // Figures inside thin bars would not be legible over a pattern; the table below has them all.
  if (traces[1]) delete traces[1].text;
  Plotly.react(chart, traces, baseLayout({
    height: 60 + 44 * rows.length + 40, barmode: "relative", bargap: 0.25, margin: { l: 8, r: 12, t: 8, b: 44 },
    xaxis: { title: { text: "MWh" }, fixedrange: true, gridcolor: "#e3e7eb", zerolinecolor: "#16202b", tickformat: "," },
    yaxis: { automargin: true, fixedrange: true, ticksuffix: "  " },
    legend: { orientation: "h", y: 1.02, yanchor: "bottom", traceorder: "normal" },
  }), PLOT);
}
