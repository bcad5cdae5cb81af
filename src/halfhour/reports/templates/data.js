// The page's data: packed tables are unpacked when they are looked at; a subject is one site, or all sites together.

const page = JSON.parse(document.getElementById("page").textContent);
const calendar = page.calendar;
const numberOfDay = new Map(calendar.days.map((day, number) => [day, number]));
const siteRow = new Map(page.sites.map((site) => [site[0], site]));
const unpacked = new Map();

const labelsOf = (day) => calendar.labels[calendar.labels_of_day[day]];

async function unpack(id) {
  if (!unpacked.has(id)) {
    const holder = byId(id);
    if (!holder) return null;
    if (typeof DecompressionStream === "undefined") {
      throw new Error("This browser is too old to unpack the half hours in this page (it has no DecompressionStream). The plain tables below do not need it.");
    }
    const text = atob(holder.textContent.trim());
    const bytes = new Uint8Array(text.length);
    for (let at = 0; at < text.length; at += 1) bytes[at] = text.charCodeAt(at);
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    unpacked.set(id, await new Response(stream).json());
  }
  return unpacked.get(id);
}

// A column of a packed table at a row: absent columns are missing throughout, a number stands for every row, a name
// for another column.
function cell(columns, name, row) {
  let held = columns[name];
  if (typeof held === "string") held = columns[held];
  if (held === undefined || held === null) return null;
  if (typeof held === "number") return held;
  return held[row];
}

const holds = (subject, name) => subject.columns[name] !== undefined;

function rowsOfDays(days) {
  const first = new Map();
  let row = 0;
  for (const day of days) {
    first.set(day, row);
    row += calendar.periods[day];
  }
  return first;
}

async function loadSubject(site) {
  const own = site === "" ? "packed-all" : "packed-" + page.held[site];
  const table = await unpack(own);
  if (table) return { ...table, site, kind: "half-hours", first: rowsOfDays(table.days), all: site === "" };
  const others = await unpack("packed-others");
  if (others && others[site]) {
    const { columns, days } = others[site];
    return { site, kind: "days", columns, days, first: new Map(days.map((day, row) => [day, row])), all: site === "" };
  }
  return { site, kind: "none", columns: {}, days: [] };
}

function rowOf(subject, day, period) {
  const first = subject.first && subject.first.get(day);
  return first === undefined || period > calendar.periods[day] ? null : first + period - 1;
}

// What kind of reading is behind a half hour: actual, estimated, missing, or "part" (there is import, other data are
// missing, or some of the sites are).
function qualityAt(subject, row) {
  if (row === null) return "not registered";
  const gone = cell(subject.columns, "import_bp_wh", row) === null;
  if (subject.all) {
    if (gone) return "missing";
    if (cell(subject.columns, "missing", row)) return "part";
    return cell(subject.columns, "estimated", row) ? "estimated" : "actual";
  }
  const digit = subject.quality[row];
  if (gone) return "missing";
  return digit === "2" ? "part" : digit === "1" ? "estimated" : "actual";
}

function qualityWords(subject, row) {
  const quality = qualityAt(subject, row);
  if (quality === "part" && subject.all) return "lacks " + cell(subject.columns, "missing", row) + " of " + cell(subject.columns, "sites", row) + " sites";
  if (quality === "estimated" && subject.all) return "estimated at " + cell(subject.columns, "estimated", row) + " of " + cell(subject.columns, "sites", row) + " sites";
  return quality === "part" ? "no deduction: data missing" : quality;
}

// The figure of a row, with import and export that no flow accounts for as quantities of their own.
function valueAt(subject, name, row) {
  if (row === null) return null;
  if (subject.kind === "days" && name === "import_untraced_wh") return cell(subject.columns, "import_bp_wh", row);
  if (!subject.all && (name === "import_untraced_wh" || name === "export_untraced_wh")) {
    const side = name === "import_untraced_wh" ? "import_bp_wh" : "export_bp_wh";
    return cell(subject.columns, "bp_to_other_wh", row) === null ? cell(subject.columns, side, row) : 0;
  }
  return cell(subject.columns, name, row);
}

function rowsOf(subject, span, choice) {
  const rows = [];
  const month = choice.day.slice(0, 7);
  for (const day of subject.days) {
    if (span === "month" && !calendar.days[day].startsWith(month)) continue;
    if ((span === "day" || span === "period") && calendar.days[day] !== choice.day) continue;
    const first = subject.first.get(day);
    if (subject.kind === "days") rows.push(first);
    else if (span === "period") {
      const row = rowOf(subject, day, choice.period);
      if (row !== null) rows.push(row);
    } else for (let period = 0; period < calendar.periods[day]; period += 1) rows.push(first + period);
  }
  return rows;
}

// The sum over rows of what is there; missing where nothing is.
function sum(subject, name, rows) {
  let total = null;
  for (const row of rows) {
    const value = valueAt(subject, name, row);
    if (value !== null) total = (total === null ? 0 : total) + value;
  }
  return total;
}

function countMissing(subject, rows) {
  if (subject.kind === "days") return (sum(subject, "half_hours_missing", rows) || 0) + (sum(subject, "half_hours_without_deduction", rows) || 0);
  if (subject.all) return sum(subject, "missing", rows) || 0;
  return rows.filter((row) => subject.quality[row] === "2").length;
}

function countEstimated(subject, rows) {
  if (subject.kind === "days") return null;
  if (subject.all) return sum(subject, "estimated", rows) || 0;
  return rows.filter((row) => subject.quality[row] === "1").length;
}

// Of a site's day: edition label, number of the stretch of days under one edition, treatment, factor.
function dayFacts(subject, day) {
  let edition = null;
  for (const [from, label] of Object.entries(subject.editions)) if (Number(from) <= day) edition = label;
  let stretch = 0;
  page.stretches.forEach((one, number) => { if (one.from <= day) stretch = number; });
  const at = subject.factors ? subject.factors.day.indexOf(day) : -1;
  const factor = at < 0 ? null : {
    factor: subject.factors.factor[at],
    basis: subject.factors.basis[at],
    missingDays: subject.factors.missing_days[at],
    from: subject.factors.from[at],
    to: subject.factors.to[at],
  };
  return { edition, rule: page.stretches[stretch].edition, treatment: Number(subject.treatment[day]), parameter: subject.parameters[stretch], factor };
}
