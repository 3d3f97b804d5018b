// One head, large: the weight under the pointer or the arrows, and what is known of the head.

let origin = { left: 0, top: 0 };
let cellSize = 1;
let headWeights = null;
const LOUPE = 15; // tokens that the loupe shows each way

function fitCell() {
  const room = Math.max(240, byId("map").parentElement.clientWidth || 640);
  const most = Math.max(keys.length, 1);
  const withLabels = Math.floor((room - 90) / most);
  return withLabels >= LABEL ? Math.min(40, withLabels) : Math.min(LABEL - 1, (room - 8) / most);
}

async function showHead() {
  const layer = state.layer;
  const head = state.head;
  const weights = await weightsOf(layer, head);
  if (layer !== state.layer || head !== state.head) {
    return; // another was chosen meanwhile
  }
  headWeights = weights;
  cellSize = fitCell();
  drawHead();
  byId("map").setAttribute("aria-label", `Attention map of layer ${layer}, head ${head}; arrows move`);
  byId("about").replaceChildren(...about(layer, head));
}

function drawHead() {
  const all = { q0: 0, k0: 0, rows: queries.length, columns: keys.length };
  origin = drawMap(byId("map"), headWeights, { ...all, cell: cellSize, query: state.query, key: state.key });
  drawLoupe();
  readOut();
}

/** Where cells are too small for tokens beside them: the neighbourhood of the one that is pointed at. */
function drawLoupe() {
  const loupe = byId("loupe");
  loupe.hidden = cellSize >= LABEL;
  if (loupe.hidden) {
    return;
  }
  const from = (at, count) => Math.max(0, Math.min(at - (LOUPE >> 1), count - LOUPE));
  drawMap(loupe, headWeights, {
    q0: from(Math.max(0, state.query), queries.length),
    k0: from(Math.max(0, state.key), keys.length),
    rows: Math.min(LOUPE, queries.length),
    columns: Math.min(LOUPE, keys.length),
    cell: 16,
    query: state.query,
    key: state.key,
  });
}

function readOut() {
  const { query, key } = state;
  if (query < 0 || key < 0) {
    byId("readout").replaceChildren("Point at a cell, or press an arrow key on the map.");
    return;
  }
  const weight = headWeights[query * keys.length + key];
  byId("readout").replaceChildren(
    token(queries[query]), ` (${query}) looks at `, token(keys[key]), ` (${key}): `,
    make("strong", {}, isVisible(query, key) ? shown(weight) : "not visible, it comes later"),
  );
}

function pointAt(query, key) {
  query = Math.max(0, Math.min(queries.length - 1, query));
  key = Math.max(0, Math.min(keys.length - 1, key));
  if ((query !== state.query || key !== state.key) && headWeights) {
    state.query = query;
    state.key = key;
    drawHead();
  }
}

function listenToMap() {
  const map = byId("map");
  map.addEventListener("pointermove", (event) => {
    const box = map.getBoundingClientRect();
    const query = Math.floor((event.clientY - box.top - origin.top) / cellSize);
    const key = Math.floor((event.clientX - box.left - origin.left) / cellSize);
    if (query >= 0 && key >= 0 && query < queries.length && key < keys.length) {
      pointAt(query, key);
    }
  });
  map.addEventListener("click", () => {
    if (state.query >= 0) {
      open("words", state.layer, state.head, state.query);
    }
  });
  map.addEventListener("keydown", moveInMap);
  byId("map-hint").textContent =
    "Arrows move by a token, with Shift by ten; Page Up and Page Down change the head, Enter shows the token's lines, Escape goes back.";
}

function moveInMap(event) {
  const step = event.shiftKey ? 10 : 1;
  const query = Math.max(0, state.query);
  const key = Math.max(0, state.key);
  const fresh = state.query < 0;
  switch (event.key) {
    case "ArrowLeft": pointAt(query, key - (fresh ? 0 : step)); break;
    case "ArrowRight": pointAt(query, key + (fresh ? 0 : step)); break;
    case "ArrowUp": pointAt(query - (fresh ? 0 : step), key); break;
    case "ArrowDown": pointAt(query + (fresh ? 0 : step), key); break;
    case "Home": pointAt(query, 0); break;
    case "End": pointAt(query, keys.length - 1); break;
    case "PageUp": stepHead(-1); break;
    case "PageDown": stepHead(1); break;
    case "Enter": open("words", state.layer, state.head, query); break;
    case "Escape": backToGrid(); break;
    default: return;
  }
  event.preventDefault();
}

/** What is known of a head: its name and why, and where it looks. */
function about(layer, head) {
  const parts = [make("h2", {}, `Layer ${layer}, head ${head}`)];
  if (data.profiles) {
    const profile = data.profiles[layer * data.heads + head];
    parts.push(make("p", {}, make("span", { class: `kind ${profile.kind}` }, profile.kind),
      `: ${KINDS[profile.kind]}`));
    if (profile.named.length > 0) {
      parts.push(evidence(profile.named));
    }
  }
  if (data.statistics) {
    parts.push(statistics(layer, head));
  }
  return parts;
}

function percent(share) {
  return (100 * share).toFixed(1) + " %";
}

function evidence(named) {
  const table = make("table", { class: "figures" },
    make("caption", {}, "How often it is right, over annotated sentences"),
    row("th", "pattern", "accuracy", "to beat", "guessing"));
  for (const score of named) {
    table.append(row("td", score.pattern, percent(score.accuracy), percent(score.baseline), percent(score.chance)));
  }
  return table;
}

function row(cell, ...texts) {
  return make("tr", {}, ...texts.map((text) => make(cell, {}, text)));
}

function statistics(layer, head) {
  const table = make("table", { class: "figures", id: "statistics" },
    make("caption", {}, "Where it looks, on average over the text's own tokens"),
    row("th", "", "this text", ...(data.profiles ? ["annotated sentences"] : [])));
  const index = layer * data.heads + head;
  data.statisticNames.forEach(([name, label, unit], i) => {
    const text = (value) => (unit === "share" ? percent(value) : value.toFixed(2));
    const line = row("td", unit === "share" ? label : `${label}, ${unit}`, text(data.statistics[index][i]),
      ...(data.profiles ? [text(data.profiles[index].statistics[i])] : []));
    line.dataset.name = name;
    table.append(line);
  });
  return table;
}
