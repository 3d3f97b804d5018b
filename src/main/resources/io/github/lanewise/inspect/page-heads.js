// All heads as small maps, drawn when they come into view.

const KINDS = {
  positional: "looks at a fixed distance",
  syntactic: "looks along a grammatical relation",
  coreference: "looks from a pronoun to what it stands for",
  delimiter: "looks at what the model adds, and at punctuation",
  semantic: "looks at words of close meaning",
  mixed: "none of these beyond doubt",
};

function buildGrid() {
  const grid = byId("grid");
  grid.style.setProperty("--heads", data.heads);
  for (let layer = 0; layer < data.layers; layer++) {
    const row = make("div", { class: "layer", role: "group", "aria-label": `Layer ${layer}` });
    row.append(make("h2", {}, `Layer ${layer}`));
    const cells = make("div", { class: "cells" });
    for (let head = 0; head < data.heads; head++) {
      cells.append(buildCell(layer, head));
    }
    row.append(cells);
    grid.append(row);
  }
  grid.addEventListener("keydown", moveInGrid);
  buildKinds();
  const drawn = new IntersectionObserver(
    (entries) => entries.filter((e) => e.isIntersecting).forEach((e) => drawCell(e.target)),
    { rootMargin: "200px" },
  );
  grid.querySelectorAll("button").forEach((cell) => drawn.observe(cell));
}

function buildCell(layer, head) {
  const kind = kindOf(layer, head);
  const cell = make(
    "button",
    {
      class: "cell",
      "data-layer": layer,
      "data-head": head,
      "aria-label": `Layer ${layer}, head ${head}` + (kind ? `, ${kind}` : ""),
      tabindex: layer + head === 0 ? 0 : -1,
      click: () => open("head", layer, head),
      focus: (event) => roveTo(event.currentTarget),
    },
    make("canvas", { width: 1, height: 1 }),
    make("span", { class: "name" }, `${layer}.${head}`),
  );
  if (kind) {
    cell.append(make("span", { class: `kind ${kind}` }, kind));
  }
  return cell;
}

async function drawCell(cell) {
  const canvas = cell.querySelector("canvas");
  canvas.dataset.wanted = "yes";
  drawSmall(canvas, await weightsOf(Number(cell.dataset.layer), Number(cell.dataset.head)));
}

/** Those out of view, one after the other between other work: all are there to be printed. */
async function drawRest() {
  for (const canvas of document.querySelectorAll("#grid canvas")) {
    if (!canvas.dataset.wanted) {
      await drawCell(canvas.parentElement);
      await new Promise((then) => setTimeout(then));
    }
  }
}

/** Those that were drawn before, with other colours. */
function redrawGrid() {
  document.querySelectorAll("#grid canvas[data-wanted]").forEach((c) => drawCell(c.parentElement));
}

function roveTo(cell) {
  document.querySelectorAll("#grid [tabindex='0']").forEach((other) => (other.tabIndex = -1));
  cell.tabIndex = 0;
}

function cellOf(layer, head) {
  return document.querySelector(`#grid [data-layer='${layer}'][data-head='${head}']`);
}

function moveInGrid(event) {
  const cell = event.target.closest(".cell");
  if (!cell || event.altKey || event.ctrlKey || event.metaKey) {
    return;
  }
  let layer = Number(cell.dataset.layer);
  let head = Number(cell.dataset.head);
  switch (event.key) {
    case "ArrowLeft": head--; break;
    case "ArrowRight": head++; break;
    case "ArrowUp": layer--; break;
    case "ArrowDown": layer++; break;
    case "Home": head = 0; break;
    case "End": head = data.heads - 1; break;
    default: return;
  }
  event.preventDefault();
  cellOf(layer, head)?.focus();
}

/** How many heads of each kind there are; a kind shows its own heads while it is pressed. */
function buildKinds() {
  if (!data.profiles) {
    byId("kinds").remove();
    return;
  }
  for (const [kind, looksAt] of Object.entries(KINDS)) {
    const count = data.profiles.filter((profile) => profile.kind === kind).length;
    const button = make(
      "button",
      { "aria-pressed": "false", title: looksAt, click: () => showKind(button, kind) },
      make("span", { class: `kind ${kind}` }, kind),
      ` ${count}`,
    );
    byId("kinds").append(make("li", {}, button));
  }
}

function showKind(button, kind) {
  const on = button.getAttribute("aria-pressed") !== "true";
  byId("kinds").querySelectorAll("button").forEach((b) => b.setAttribute("aria-pressed", "false"));
  button.setAttribute("aria-pressed", String(on));
  document.querySelectorAll("#grid .cell").forEach((cell) => {
    cell.classList.toggle("faded", on && kindOf(Number(cell.dataset.layer), Number(cell.dataset.head)) !== kind);
  });
}
