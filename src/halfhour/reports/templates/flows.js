// The flows by name: which end they have, how they are drawn (told apart by pattern as well as colour), and the Sankey.

const ENDS = {
  bp: { name: "Boundary Point", colour: "#4d5a66" },
  gen: { name: "Generation", colour: "#009e73" },
  stor: { name: "Storage", colour: "#e69f00" },
  other: { name: "Other", colour: "#0072b2" },
};

const SERIES = {
  import: [
    ["bp_to_other_wh", "#0072b2", ""],
    ["bp_to_stor_wh", "#f0b429", "/"],
    ["bp_to_gen_wh", "#009e73", "x"],
    ["import_untraced_wh", "#9aa5b1", "-"],
  ],
  export: [
    ["gen_to_bp_wh", "#8fd6bf", "."],
    ["stor_to_bp_wh", "#d55e00", "\\"],
    ["other_to_bp_wh", "#cc79a7", "+"],
    ["export_untraced_wh", "#c4ccd4", "|"],
  ],
  charge: [
    ["chargeable_wh", "#1f3b57", ""],
    ["non_chargeable_wh", "#f7d774", "/"],
  ],
  onsite: [
    ["gen_to_other_wh", "#009e73", ""],
    ["gen_to_stor_wh", "#b7e4d4", "x"],
    ["gen_to_gen_wh", "#e0f3ec", "."],
    ["stor_to_other_wh", "#e69f00", "\\"],
    ["stor_to_gen_wh", "#fbe3b0", "+"],
    ["other_to_stor_wh", "#0072b2", "|"],
    ["other_to_gen_wh", "#9ccbe8", "-"],
  ],
};

const UNTRACED = { import_untraced_wh: "Import without flows", export_untraced_wh: "Export without flows" };
const seriesName = (column) => UNTRACED[column] || nameOf(column);

function flowsOf(subject, span, choice) {
  const rows = rowsOf(subject, span, choice);
  const links = [];
  for (const name of Object.keys(subject.columns)) {
    const ends = /^(bp|gen|stor|other)_to_(bp|gen|stor|other)_wh$/.exec(name);
    if (!ends) continue;
    const wh = sum(subject, name, rows);
    if (wh) links.push({ column: name, from: ends[1], to: ends[2], wh });
  }
  const order = ["bp", "gen", "stor", "other"];
  links.sort((a, b) => order.indexOf(a.from) - order.indexOf(b.from) || order.indexOf(a.to) - order.indexOf(b.to));
  const figures = {};
  for (const name of ["import_bp_wh", "chargeable_wh", "non_chargeable_wh", "import_untraced_wh", "export_untraced_wh"]) figures[name] = sum(subject, name, rows);
  return { links, figures, missing: countMissing(subject, rows) };
}

function drawFlows(subject, span, choice, words) {
  const { links, figures, missing } = flowsOf(subject, span, choice);
  const unit = figures.import_bp_wh !== null && figures.import_bp_wh < 1e6 ? [kwh, "kWh"] : [mwh, "MWh"];
  const energy = (wh) => unit[0](wh) + " " + unit[1];
  const chart = byId("flows-chart");
  chart.hidden = false;
  const narrow = chart.clientWidth < 560;
  const nodes = [];
  const place = new Map();
  const node = (key, name, colour) => {
    if (!place.has(key)) {
      place.set(key, nodes.length);
      nodes.push({ name, colour, into: 0, out: 0 });
    }
    return place.get(key);
  };
  const drawn = [];
  const link = (from, to, wh, colour, name) => {
    drawn.push({ from, to, wh, colour, name });
    nodes[from].out += wh;
    nodes[to].into += wh;
  };
  const signed = figures.non_chargeable_wh !== null && figures.non_chargeable_wh < 0;
  const boundary = node("bp", "Import at the boundary", "#4d5a66");
  // On a phone two columns of names are all that fits; the words above and the table give the split of the import.
  if (figures.import_bp_wh && !signed && !narrow) {
    if (figures.chargeable_wh > 0) link(node("yes", nameOf("chargeable_wh"), "#1f3b57"), boundary, figures.chargeable_wh, "rgba(31,59,87,.55)", nameOf("chargeable_wh"));
    if (figures.non_chargeable_wh > 0) link(node("no", nameOf("non_chargeable_wh"), "#d9a400"), boundary, figures.non_chargeable_wh, "rgba(247,215,116,.8)", nameOf("non_chargeable_wh"));
  }
  const tint = { bp: "rgba(77,90,102,.35)", gen: "rgba(0,158,115,.45)", stor: "rgba(230,159,0,.5)", other: "rgba(0,114,178,.4)" };
  for (const one of links) {
    if (one.wh < 0) continue;
    const from = one.from === "bp" ? boundary : node("from-" + one.from, "From " + ENDS[one.from].name.toLowerCase(), ENDS[one.from].colour);
    const to = one.to === "bp" ? node("out", "Export at the boundary", "#4d5a66") : node("to-" + one.to, "To " + ENDS[one.to].name.toLowerCase(), ENDS[one.to].colour);
    link(from, to, one.wh, tint[one.from], nameOf(one.column));
  }
  if (figures.import_untraced_wh > 0) link(boundary, node("untraced", "Use not known", "#9aa5b1"), figures.import_untraced_wh, "rgba(154,165,177,.5)", seriesName("import_untraced_wh"));
  if (figures.export_untraced_wh > 0) link(node("unknown", "Source not known", "#9aa5b1"), node("out", "Export at the boundary", "#4d5a66"), figures.export_untraced_wh, "rgba(154,165,177,.5)", seriesName("export_untraced_wh"));

  if (drawn.length) {
    Plotly.react(chart, [{
      type: "sankey",
      arrangement: "fixed",
      textfont: { size: narrow ? 11 : 13, color: "#16202b" },
      node: {
        align: "right",
        label: nodes.map((one) => one.name + (narrow ? "<br>" : " ") + energy(Math.max(one.into, one.out))),
        color: nodes.map((one) => one.colour),
        line: { color: "#16202b", width: 1 },
        pad: narrow ? 34 : 24,
        thickness: narrow ? 10 : 16,
        hovertemplate: "%{label}<extra></extra>",
      },
      link: {
        source: drawn.map((one) => one.from),
        target: drawn.map((one) => one.to),
        value: drawn.map((one) => one.wh),
        color: drawn.map((one) => one.colour),
        line: { color: "#51606f", width: 0.4 },
        customdata: drawn.map((one) => one.name + ": " + energy(one.wh)),
        hovertemplate: "%{customdata}<extra></extra>",
      },
    }], baseLayout({ height: narrow ? 460 : 420, margin: { l: 6, r: 6, t: 12, b: 12 } }), PLOT);
  } else {
    chart.hidden = true;
  }
  const facts = [words + ":"];
  facts.push(figures.import_bp_wh === null ? "no import known." : "import " + energy(figures.import_bp_wh) + ", chargeable " + energy(figures.chargeable_wh) + ", not chargeable " + energy(figures.non_chargeable_wh) + ".");
  if (signed) facts.push("More is chargeable than crossed the boundary, so the split cannot be drawn.");
  if (!links.length) facts.push("There are no flows for this choice (the edition or the treatment traces none, or the page holds no half hours of the site).");
  if (links.some((one) => one.wh < 0)) facts.push("A negative flow (generation both ways) is in the table and cannot be drawn.");
  if (missing) facts.push(plain(missing) + " half hours are missing or lack data.");
  byId("flows-words").textContent = facts.join(" ");
  fillTable(byId("flows-table"), "Flows: " + words, ["From", "To", ["Energy " + unit[1]], ["Share of import"]], [
    ...links.map((one) => [ENDS[one.from].name, ENDS[one.to].name, unit[0](one.wh), one.from === "bp" ? percent(one.wh, figures.import_bp_wh) : ""]),
    ...(figures.import_untraced_wh ? [["Boundary Point", "not known", unit[0](figures.import_untraced_wh), percent(figures.import_untraced_wh, figures.import_bp_wh)]] : []),
    ...(figures.export_untraced_wh ? [["not known", "Boundary Point", unit[0](figures.export_untraced_wh), ""]] : []),
    ["Import: chargeable", "", unit[0](figures.chargeable_wh), percent(figures.chargeable_wh, figures.import_bp_wh)],
    ["Import: not chargeable", "", unit[0](figures.non_chargeable_wh), percent(figures.non_chargeable_wh, figures.import_bp_wh)],
  ]);
}
