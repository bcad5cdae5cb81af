// The working of a half hour: the rule's own steps, with the figures of the run put in the places of their names.

const unitOf = (column) => (page.glossary[column] ? page.glossary[column].unit : "");
const isShare = (column) => column.endsWith("_per_100000");

function valueWords(column, value) {
  if (value === null) return NONE;
  return plain(value) + (isShare(column) ? " (" + share(value) + ")" : unitOf(column).startsWith("Wh") ? " Wh" : "");
}

function formulaNodes(step) {
  return step.formula.map((part, at) => (at % 2 ? term(part, step.names[(at - 1) / 2]) : document.createTextNode(part)));
}

function numbersText(step, value) {
  return step.formula.map((part, at) => (at % 2 ? inFormula(value(part)) : part)).join("");
}

function stepItem(step, value) {
  const result = /^(chargeable|non_chargeable)_wh$/.test(step.column);
  return element("li", { "data-column": step.column, class: result ? "result" : null },
    element("div", { class: "head" }, element("strong", {}, term(step.column)), element("span", { class: "value" }, valueWords(step.column, value(step.column)))),
    element("code", { class: "formula" }, "= ", ...formulaNodes(step)),
    element("code", { class: "numbers" }, "= ", numbersText(step, value)),
    element("span", { class: "clause" }, step.clause));
}

function figureTable(caption, rows) {
  const table = element("table", {}, element("caption"), element("thead"), element("tbody"));
  fillTable(table, caption, ["Quantity", ["Value"], ""], rows);
  return element("div", { class: "box" }, table);
}

// The folder that holds this page, where the browser knows it, so that the command can be pasted as it stands.
function runFolder() {
  if (location.protocol !== "file:") return "RUN";
  const path = decodeURIComponent(location.pathname).replace(/\/[^/]*$/, "").replace(/^\/([A-Za-z]:)/, "$1");
  return /[^\w./:-]/.test(path) ? "'" + path.replace(/'/g, "'\\''") + "'" : path;
}

function explainCommand(choice) {
  return element("code", { class: "command" }, "halfhour explain " + runFolder() + " --site " + choice.site + " --date " + choice.day + " --period " + choice.period);
}

function showWorking(subject, choice) {
  const into = byId("working");
  const day = numberOfDay.get(choice.day);
  const label = labelsOf(day)[choice.period - 1];
  byId("working-heading").textContent = "Working: " + (choice.site || "all sites") + ", " + choice.day + ", period " + choice.period + " (" + label + ")";
  if (choice.site === "") {
    const row = subject.kind === "half-hours" ? rowOf(subject, day, choice.period) : null;
    const rows = row === null ? [] : ["import_bp_wh", "export_bp_wh", "chargeable_wh", "non_chargeable_wh"].map((column) => [term(column), valueWords(column, cell(subject.columns, column, row)), ""]);
    into.replaceChildren(element("p", {}, "The figures of all sites are sums. Choose one site for the working of its half hour."), rows.length ? figureTable("All sites, period " + choice.period + (row === null ? "" : ", " + qualityWords(subject, row)), rows) : element("p", {}));
    return;
  }
  const row = subject.kind === "half-hours" ? rowOf(subject, day, choice.period) : null;
  if (row === null) {
    into.replaceChildren(
      element("p", {}, subject.kind === "half-hours" ? "The site has no boundary metering on this day." : "This page does not hold the half hours of this site. The command gives the working, and the readings behind it:"),
      subject.kind === "half-hours" ? "" : explainCommand(choice));
    return;
  }
  const facts = dayFacts(subject, day);
  const edition = page.editions[facts.rule];
  const quality = qualityAt(subject, row);
  const byRule = facts.treatment === 2 && quality !== "part" && quality !== "missing";
  const held = (column) => cell(subject.columns, column, row);
  const parameter = facts.factor ? facts.factor.factor : facts.parameter;
  const value = (column) => (column === edition.parameter ? parameter : held(column));
  const parts = [];

  const reason = quality === "missing" ? page.no_import : quality === "part" && facts.treatment !== 1 ? page.no_deduction : page.treatments[facts.treatment];
  parts.push(element("p", { class: "result" }, "Chargeable ", element("strong", { id: "working-chargeable", "data-wh": String(held("chargeable_wh")) }, valueWords("chargeable_wh", held("chargeable_wh"))), ", not chargeable ", element("strong", {}, valueWords("non_chargeable_wh", held("non_chargeable_wh"))), " of an import of ", element("strong", {}, valueWords("import_bp_wh", held("import_bp_wh"))), "."));
  parts.push(element("p", {}, "Edition ", element("strong", {}, facts.edition || facts.rule), ", quality ", element("strong", {}, MARK[quality] + qualityWords(subject, row)), ". ", reason.text, " ", element("span", { class: "quiet" }, reason.clause)));

  // Where data are missing the run keeps the boundary import alone, so the others are not known here to be missing.
  const inputs = edition.inputs.map((column) => [term(column), quality === "part" && held(column) === null ? "not used" : valueWords(column, held(column)), ""]);
  if (byRule && edition.parameter) inputs.push([term(edition.parameter), valueWords(edition.parameter, parameter), facts.factor ? facts.factor.basis + ", " + facts.factor.missingDays + " missing days" : ""]);
  parts.push(figureTable("Inputs at the boundary's voltage", inputs));

  if (byRule && facts.factor) {
    parts.push(element("h4", {}, "Factor of the day"),
      element("p", {}, term(edition.parameter), " " + share(parameter) + ", " + facts.factor.basis + ", from the days " + facts.factor.from + " to " + facts.factor.to + " (excluded), " + facts.factor.missingDays + " of them missing. The sums over these days are in the explain command's answer."),
      element("ol", { class: "steps" }, ...edition.factor_steps.map((step) => element("li", {}, element("strong", {}, term(step.column)), element("code", { class: "formula" }, "= ", ...formulaNodes(step)), element("span", { class: "clause" }, step.clause)))));
  }

  // A treatment that is not the rule's decides the charge itself; the flows beside it do not rest on the parameter.
  const charges = ["chargeable_wh", "non_chargeable_wh", "proportion_per_100000"];
  const declared = facts.treatment === 1 || facts.treatment === 3;
  const steps = edition.steps.filter((step) => held(step.column) !== null && (byRule || !step.parameter) && !(declared && charges.includes(step.column)) && step.formula.every((part, at) => at % 2 === 0 || value(part) !== null) && (byRule || quality === "actual" || quality === "estimated"));
  const decided = !byRule && quality !== "missing" && !steps.some((step) => step.column === "chargeable_wh");
  if (steps.length || decided) {
    parts.push(element("h4", {}, byRule ? "The rule, step by step" : "Steps"));
    const items = steps.map((step) => stepItem(step, value));
    if (decided) {
      const outcome = facts.treatment === 3
        ? [["non_chargeable_wh", ["volumes of the Import MSIDs declared"]], ["chargeable_wh", [term("import_bp_wh", "import_bp"), " − ", term("non_chargeable_wh", "non_chargeable")]]]
        : [["non_chargeable_wh", [facts.treatment === 1 ? term("import_bp_wh", "import_bp") : "0"]], ["chargeable_wh", [facts.treatment === 1 ? "0" : term("import_bp_wh", "import_bp")]]];
      for (const [column, formula] of outcome) {
        items.push(element("li", { "data-column": column, class: "result" },
          element("div", { class: "head" }, element("strong", {}, term(column)), element("span", { class: "value" }, valueWords(column, held(column)))),
          element("code", { class: "formula" }, "= ", ...formula), element("span", { class: "clause" }, reason.clause)));
      }
    }
    parts.push(element("ol", { class: "steps", id: "steps" }, ...items));
  }
  parts.push(element("h4", {}, "The readings behind it"), element("p", {}, "Readings with their file and time of record, losses and differencing, the reference period's days and the shares of BM Units:"), explainCommand(choice));
  into.replaceChildren(...parts);
}
