// The page's tables that follow the choice. Cells are texts or elements; a heading in a list of one is a number's.

function fillTable(table, caption, headings, rows) {
  table.caption.textContent = caption;
  const numeric = headings.map((heading) => Array.isArray(heading));
  table.tHead.replaceChildren(element("tr", {}, ...headings.map((heading, at) => element("th", { scope: "col", class: numeric[at] ? "n" : null }, numeric[at] ? heading[0] : heading))));
  table.tBodies[0].replaceChildren(...rows.map((row) => element("tr", row.attributes || {}, ...Array.from(row).map((value, at) =>
    element(at === 0 ? "th" : "td", { scope: at === 0 ? "row" : null, class: numeric[at] ? "n" : null }, value)))));
}

function fillChoiceTable(subject, choice, words) {
  const spans = [["The run", "run"], [monthWords(choice.day.slice(0, 7)), "month"], [dayWords(choice.day), "day"]];
  const rows = spans.map(([name, span]) => {
    const of = rowsOf(subject, span, choice);
    const figures = ["import_bp_wh", "chargeable_wh", "non_chargeable_wh"].map((column) => sum(subject, column, of));
    const estimated = countEstimated(subject, of);
    return [name, ...figures.map(mwh), percent(figures[2], figures[0]), plain(countMissing(subject, of)), estimated === null ? "not held" : plain(estimated)];
  });
  fillTable(byId("choice-table"), words, ["", ["Import MWh"], ["Chargeable MWh"], ["Not chargeable MWh"], ["Share"], ["Half hours missing or without data"], ["Estimated"]], rows);
}

const MARK = { missing: "\u00d7 ", part: "\u00d7 ", estimated: "\u25b3 ", actual: "" };

function fillDayTable(subject, choice) {
  const day = numberOfDay.get(choice.day);
  const table = byId("day-table");
  const rows = [];
  const clocks = new Set(labelsOf(day).map((label) => label.slice(6)));
  if (subject.kind === "half-hours" && subject.first.has(day)) {
    labelsOf(day).forEach((label, at) => {
      const row = rowOf(subject, day, at + 1);
      const quality = qualityAt(subject, row);
      const cells = [String(at + 1), element("span", { class: "q" }, clocks.size > 1 ? label : label.slice(0, 5)), ...["import_bp_wh", "export_bp_wh", "chargeable_wh", "non_chargeable_wh"].map((column) => kwh(cell(subject.columns, column, row))), element("span", { class: "q" }, MARK[quality] + qualityWords(subject, row))];
      cells.attributes = { "data-period": at + 1, tabindex: at + 1 === choice.period ? 0 : -1, "aria-selected": at + 1 === choice.period ? "true" : "false", class: quality === "missing" ? "missing" : null };
      rows.push(cells);
    });
  }
  fillTable(table, rows.length ? dayWords(choice.day) + ", kWh, local time" + (clocks.size > 1 ? "" : " (" + [...clocks][0] + ")") : "No half hours of this site on " + dayWords(choice.day) + " in this page", [["Period"], "Start", ["Import"], ["Export"], ["Chargeable"], ["Not chargeable"], "Quality"], rows);
}

function fillMonthTable(subject, choice) {
  const month = choice.day.slice(0, 7);
  const rows = subject.days.filter((day) => calendar.days[day].startsWith(month)).map((day) => {
    const of = rowsOf(subject, "day", { day: calendar.days[day] });
    return [calendar.days[day], ...["import_bp_wh", "export_bp_wh", "chargeable_wh", "non_chargeable_wh"].map((column) => (holds(subject, column) ? mwh(sum(subject, column, of)) : "not held")), plain(countMissing(subject, of))];
  });
  fillTable(byId("month-table"), monthWords(month) + ", MWh", ["Settlement Day", ["Import"], ["Export"], ["Chargeable"], ["Not chargeable"], ["Half hours missing or without data"]], rows);
}

const ROWS_SHOWN = 250;

function fillExceptions() {
  const table = byId("exceptions-table");
  if (!table) return;
  const code = byId("exceptions-code").value;
  const severity = byId("exceptions-severity").value;
  const text = byId("exceptions-text").value.trim().toLowerCase();
  const found = page.exceptions.rows.filter((row) => (!code || row[0] === code) && (!severity || row[1] === severity) && (!text || row.join(" ").toLowerCase().includes(text)));
  byId("exceptions-words").textContent = plain(found.length) + " of " + plain(page.exceptions.count) + " exceptions" + (found.length > ROWS_SHOWN ? ", the first " + ROWS_SHOWN + " shown" : "") + ".";
  fillTable(table, "Exceptions; a time opens the half hour", ["Code", "Severity", "Site", "When", "What is wrong", "Next step"], found.slice(0, ROWS_SHOWN).map((row) => {
    const [is, how, site, msid, day, period, message, next] = row;
    const when = day + (period === "" ? "" : ", period " + period);
    const link = site && day && siteRow.has(site) && numberOfDay.has(day) ? element("a", { href: hashOf({ site, day, period: period || 1 }) }, when) : when;
    return [is, element("span", { class: "severity " + how }, how), site + (msid ? " " + msid : ""), link, message, next];
  }));
}

function fillSites() {
  const text = byId("sites-text").value.trim().toLowerCase();
  const found = page.sites.filter((site) => !text || (site[0] + " " + site[1]).toLowerCase().includes(text));
  byId("sites-words").textContent = plain(found.length) + " of " + plain(page.sites.length) + " sites" + (found.length > ROWS_SHOWN ? ", the first " + ROWS_SHOWN + " shown" : "") + ".";
  fillTable(byId("sites-table"), "Sites over the whole run; a site's id chooses it", ["Site", "Name", ["Import MWh"], ["Chargeable MWh"], ["Not chargeable MWh"], ["Half hours missing"], "In this page"], found.slice(0, ROWS_SHOWN).map((site) => [
    element("a", { href: hashOf({ ...choice, site: site[0] }) }, site[0]), site[1], mwh(site[2]), mwh(site[3]), mwh(site[4]), plain(site[5]), page.held[site[0]] === undefined ? "days" : "half hours",
  ]));
}

function fillSiteEditions(site) {
  const table = byId("site-editions");
  if (!table) return;
  const rows = page.compared && page.compared.sites[site];
  table.hidden = !rows;
  if (rows) fillTable(table, "Site " + site, ["Edition", ["Import MWh"], ["Chargeable MWh"], ["Not chargeable MWh"], ["Levies \u00a3"], ["Over-charged MWh"], ["Over-charged \u00a3"]], rows);
}

function fillFactors(subject, site) {
  const words = byId("factor-words");
  const table = byId("factor-table");
  const key = "The circle is measured, the square a default, the diamond clamped to 0 or 1.";
  const several = Object.keys(page.factors);
  const factors = subject.factors;
  const found = factors ? factors.day.length : 0;
  byId("factor-chart").hidden = site === "" ? !several.length : !found;
  table.closest("details").hidden = !found;
  if (site === "") {
    words.textContent = !page.factor_sites ? "No rule with a factor was applied in this run." : plain(page.factor_sites) + (page.factor_sites === 1 ? " site has" : " sites have") + " a factor" + (several.length < page.factor_sites ? "; the first " + several.length + " are drawn" : "") + ". " + key + " Choose a site for its table.";
    return;
  }
  if (!found) {
    words.textContent = page.held[site] === undefined ? "This page does not hold the factors of this site; factors.parquet does." : "No rule with a factor was applied to this site on any day of the run.";
    return;
  }
  const counts = {};
  for (const basis of factors.basis) counts[basis] = (counts[basis] || 0) + 1;
  words.textContent = "Site " + site + ": " + Object.entries(counts).map(([basis, count]) => count + (count === 1 ? " day " : " days ") + basis).join(", ") + ". " + key;
  fillTable(table, "Factor of site " + site + ", parts per 100,000", ["Settlement Day", "Edition", ["Factor"], "Basis", ["Missing days"], "Reference period"], factors.day.map((day, at) => [
    calendar.days[day], dayFacts(subject, day).rule, plain(factors.factor[at]), factors.basis[at], String(factors.missing_days[at]), factors.from[at] + " to " + factors.to[at] + " (excluded)",
  ]));
}
