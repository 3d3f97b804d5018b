// Words: the sentence left and right, lines from a word to what it attends to.

const ROW = 26; // height of a word's line, in pixels
const MANY = 64; // longer texts get the lines of a chosen word only
const LEAST = 0.005; // thinner lines are not drawn

/** Weights of the lines in units, [queries, keys]: of a head, or the mean over a layer. */
async function lineWeights() {
  if (state.mode === "head") {
    return { mean: await weightsOf(state.layer, state.head), heads: [] };
  }
  const heads = await Promise.all(Array.from({ length: data.heads }, (_, head) => weightsOf(state.layer, head)));
  const mean = new Float64Array(heads[0].length);
  heads.forEach((weights) => weights.forEach((weight, i) => (mean[i] += weight / data.heads)));
  return { mean, heads };
}

async function showWords() {
  const wanted = [state.layer, state.head, state.mode].join();
  const weights = await lineWeights();
  if (wanted !== [state.layer, state.head, state.mode].join()) {
    return;
  }
  const left = make("ul", { class: "tokens left", "aria-label": "Words that look" });
  const right = make("ul", { class: "tokens right", "aria-label": "Words that are looked at" });
  queries.forEach((of, q) => left.append(make("li", {}, queryButton(of, q, weights))));
  keys.forEach((of, k) => right.append(keyLine(of, k, weights)));
  const svg = makeSvg("svg", { viewBox: "0 0 100 100", preserveAspectRatio: "none", "aria-hidden": "true" });
  left.addEventListener("keydown", moveInWords);
  byId("lines").replaceChildren(left, svg, right);
  drawLines(weights);
  await listLooks();
}

function queryButton(of, q, weights) {
  const button = make("button", {
    "aria-pressed": String(q === state.query),
    "data-query": q,
    tabindex: q === Math.max(0, state.query) ? 0 : -1,
    click: () => chooseWord(q === state.query ? -1 : q, weights),
  }, token(of));
  button.addEventListener("pointerenter", () => state.query < 0 && drawLines(weights, q));
  button.addEventListener("pointerleave", () => state.query < 0 && drawLines(weights));
  return button;
}

function keyLine(of, k, weights) {
  const line = make("li", { "data-key": k }, token(of));
  if (weights.heads.length > 0) {
    const strip = make("span", { class: "strip", "aria-hidden": "true" });
    weights.heads.forEach(() => strip.append(make("i")));
    line.append(strip);
  }
  line.append(make("span", { class: "weight" }));
  return line;
}

function chooseWord(query, weights) {
  state.query = query;
  state.key = -1;
  document.querySelectorAll("#lines button").forEach((button) => {
    const on = Number(button.dataset.query) === query;
    button.setAttribute("aria-pressed", String(on));
    button.tabIndex = on || (query < 0 && button.dataset.query === "0") ? 0 : -1;
  });
  remember();
  drawLines(weights);
  listLooks();
}

function moveInWords(event) {
  const at = Number(event.target.closest("button")?.dataset.query ?? 0);
  const to = { ArrowUp: at - 1, ArrowDown: at + 1, Home: 0, End: queries.length - 1 }[event.key];
  if (to !== undefined) {
    const button = document.querySelector(`#lines [data-query='${to}']`);
    button?.focus();
    if (button && state.query !== to) {
      button.click();
    }
  } else if (event.key === "Escape") {
    document.querySelector("#lines [aria-pressed='true']")?.click();
  } else {
    return;
  }
  event.preventDefault();
}

/** The lines of one word; of all words of a short text, if none is chosen. */
function drawLines(weights, chosen = state.query) {
  const svg = document.querySelector("#lines svg");
  const height = Math.max(queries.length, keys.length) * ROW;
  svg.setAttribute("viewBox", `0 0 100 ${height}`);
  svg.style.height = height + "px";
  const lines = [];
  for (let q = 0; q < queries.length; q++) {
    if (chosen >= 0 ? q === chosen : queries.length <= MANY) {
      for (let k = 0; k < keys.length; k++) {
        const share = weights.mean[q * keys.length + k] * UNIT;
        if (share >= LEAST) {
          lines.push(lineOf(q, k, share, chosen < 0));
        }
      }
    }
  }
  svg.replaceChildren(...lines);
  drawWeights(weights, chosen);
  listStrongest(weights, chosen);
}

function lineOf(q, k, share, all) {
  const from = (q + 0.5) * ROW;
  const to = (k + 0.5) * ROW;
  return makeSvg("path", {
    d: `M0 ${from}C40 ${from} 60 ${to} 100 ${to}`,
    "stroke-width": Math.max(0.5, (all ? 8 : 16) * share),
    "stroke-opacity": all ? Math.min(0.8, 0.08 + share) : Math.min(1, 0.35 + share),
    "data-line": `${q}-${k}`,
  });
}

function drawWeights(weights, chosen) {
  document.querySelectorAll("#lines [data-key]").forEach((line) => {
    const k = Number(line.dataset.key);
    const at = chosen * keys.length + k;
    line.style.setProperty("--share", chosen < 0 ? 0 : weights.mean[at] * UNIT);
    line.querySelector(".weight").textContent = chosen < 0 ? "" : weightText(weights, chosen, k);
    line.querySelectorAll(".strip i").forEach((square, head) => {
      square.style.background = chosen < 0 ? "transparent" : colour(weights.heads[head][at], data.scale);
    });
  });
}

function weightText(weights, q, k) {
  return isVisible(q, k) ? shown(weights.mean[q * keys.length + k]) : "";
}

function listStrongest(weights, chosen) {
  if (chosen < 0) {
    byId("strongest").replaceChildren();
    return;
  }
  const order = keys.map((_, k) => k).filter((k) => isVisible(chosen, k));
  order.sort((a, b) => weights.mean[chosen * keys.length + b] - weights.mean[chosen * keys.length + a]);
  const whose = state.mode === "head" ? `Head ${state.layer}.${state.head}` : `The mean of layer ${state.layer}`;
  const list = make("ol", {});
  order.slice(0, 6).forEach((k) =>
    list.append(make("li", {}, token(keys[k]), " ", make("strong", {}, weightText(weights, chosen, k)))));
  byId("strongest").replaceChildren(
    make("h2", {}, `${whose}: `, token(queries[chosen]), " looks at"), list);
}

/** For the chosen word: the other word that each head looks at most, and the surest heads of each. */
async function listLooks() {
  const query = state.query;
  if (query < 0) {
    byId("looks").replaceChildren();
    return;
  }
  const looks = new Map();
  for (let layer = 0; layer < data.layers; layer++) {
    for (let head = 0; head < data.heads; head++) {
      const weights = await weightsOf(layer, head);
      const key = mostAttended(weights, query);
      if (key >= 0) {
        const entry = { layer, head, weight: weights[query * keys.length + key] };
        looks.set(key, [...(looks.get(key) ?? []), entry]);
      }
    }
  }
  if (query !== state.query) {
    return;
  }
  const table = make("table", { class: "figures looks" },
    make("caption", {}, "Which heads look from ", token(queries[query]),
      " most to which other word, what the model adds left out; the surest first"));
  [...looks].sort((a, b) => b[1].length - a[1].length).forEach(([key, heads]) => {
    heads.sort((a, b) => b.weight - a.weight);
    const cell = make("td", {});
    heads.forEach((entry) => cell.append(lookButton(entry, key), " "));
    table.append(make("tr", { "data-looks": key }, make("th", { scope: "row" }, token(keys[key])), cell));
  });
  byId("looks").replaceChildren(table);
}

function lookButton({ layer, head, weight }, key) {
  const kind = kindOf(layer, head);
  const button = make("button", {
    class: "look",
    "aria-label": `Layer ${layer}, head ${head}: ${shown(weight)}`,
    title: kind ?? "",
    click: () => open("head", layer, head, state.query, key),
  }, `${layer}.${head} `, make("b", {}, (weight * UNIT).toFixed(2)));
  button.classList.toggle("sure", weight * UNIT >= 0.25);
  return button;
}

/** The key that gets most of a query, itself and what the model adds left out; -1 if none. */
function mostAttended(weights, query) {
  let best = -1;
  for (let k = 0; k < keys.length; k++) {
    const other = !keys[k].added && isVisible(query, k) && !(data.self && k === query);
    if (other && (best < 0 || weights[query * keys.length + k] > weights[query * keys.length + best])) {
      best = k;
    }
  }
  return best;
}
