// Heat maps: colours, small maps, large ones with tokens on both axes.

const darkMode = matchMedia("(prefers-color-scheme: dark)");
let printing = false;

function palette() {
  return darkMode.matches && !printing ? data.palettes.dark : data.palettes.light;
}

function style(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/** What gets the last colour, in units. */
function top(weights) {
  if (state.scale === "one") {
    return data.scale;
  }
  let most = 1;
  for (const weight of weights) {
    most = Math.max(most, weight);
  }
  return most;
}

/** Colours by the square root of the share: small weights are many, and would else look like none. */
function shade(weight, most) {
  return Math.min(255, Math.round(255 * Math.sqrt(weight / most)));
}

function colour(weight, most) {
  const at = 6 * shade(weight, most);
  return "#" + palette().slice(at, at + 6);
}

const SMALL = 96;

/** A map a pixel a weight; of long texts a pixel is the largest of several weights. */
function drawSmall(canvas, weights) {
  const step = Math.ceil(Math.max(queries.length, keys.length) / SMALL);
  const columns = Math.ceil(keys.length / step);
  const largest = new Uint16Array(columns * Math.ceil(queries.length / step));
  for (let q = 0; q < queries.length; q++) {
    const row = Math.floor(q / step) * columns;
    for (let k = 0; k < keys.length; k++) {
      const at = row + Math.floor(k / step);
      largest[at] = Math.max(largest[at], weights[q * keys.length + k]);
    }
  }
  paint(canvas, largest, columns, step, top(weights));
}

/** A pixel a weight; a pixel of queries that do not see a key yet stays clear. */
function paint(canvas, weights, columns, step, most) {
  const bytes = Uint8Array.from(palette().match(/../g), (hex) => parseInt(hex, 16));
  canvas.width = columns;
  canvas.height = weights.length / columns;
  const image = new ImageData(canvas.width, canvas.height);
  for (let i = 0; i < weights.length; i++) {
    const at = 3 * shade(weights[i], most);
    const lastQuery = Math.floor(i / columns) * step + step - 1;
    image.data[4 * i] = bytes[at];
    image.data[4 * i + 1] = bytes[at + 1];
    image.data[4 * i + 2] = bytes[at + 2];
    image.data[4 * i + 3] = isVisible(lastQuery, (i % columns) * step) ? 255 : 0;
  }
  canvas.getContext("2d").putImageData(image, 0, 0);
}

const painted = { canvas: document.createElement("canvas"), weights: null, scale: "", palette: "" };

/** A head's whole map, painted once for all movements of the pointer over it. */
function paintedMap(weights) {
  const colours = palette();
  if (painted.weights !== weights || painted.scale !== state.scale || painted.palette !== colours) {
    paint(painted.canvas, weights, keys.length, 1, top(weights));
    Object.assign(painted, { weights, scale: state.scale, palette: colours });
  }
  return painted.canvas;
}

const LABEL = 11; // the least height of a cell that has its token beside it, in pixels

/**
 * Part of a head's map on a canvas, from token q0 and k0 on.
 *
 * @param part {q0, k0, rows, columns, cell} and where to mark: {query, key}
 * @returns where the first cell begins: {left, top}
 */
function drawMap(canvas, weights, part) {
  const labels = part.cell >= LABEL;
  const font = `${Math.min(14, part.cell)}px system-ui, sans-serif`;
  const context = canvas.getContext("2d");
  context.font = font;
  const widest = (tokens, from, count) =>
    Math.min(140, Math.max(...tokens.slice(from, from + count).map((t) => context.measureText(t.text).width)));
  const left = labels ? Math.ceil(widest(queries, part.q0, part.rows)) + 10 : 4;
  const above = labels ? Math.ceil(widest(keys, part.k0, part.columns)) + 10 : 4;
  const width = left + part.columns * part.cell + 4;
  const height = above + part.rows * part.cell + 4;
  const ratio = window.devicePixelRatio || 1;
  canvas.width = width * ratio;
  canvas.height = height * ratio;
  canvas.style.width = width + "px";
  context.scale(ratio, ratio);
  drawCells(context, weights, part, left, above);
  if (labels) {
    context.font = font;
    drawLabels(context, part, left, above);
  }
  drawMark(context, part, left, above);
  return { left, top: above };
}

function drawCells(context, weights, part, left, above) {
  if (part.cell < LABEL) {
    context.imageSmoothingEnabled = false;
    context.drawImage(paintedMap(weights), part.k0, part.q0, part.columns, part.rows,
      left, above, part.columns * part.cell, part.rows * part.cell);
    return;
  }
  const most = top(weights);
  for (let q = 0; q < part.rows; q++) {
    for (let k = 0; k < part.columns; k++) {
      if (isVisible(part.q0 + q, part.k0 + k)) {
        context.fillStyle = colour(weights[(part.q0 + q) * keys.length + part.k0 + k], most);
        const x = left + k * part.cell;
        context.fillRect(x, above + q * part.cell, part.cell - 1, part.cell - 1);
      }
    }
  }
}

function drawLabels(context, part, left, above) {
  const text = (tokens, at, marked, x, y) => {
    context.fillStyle = marked ? style("--mark") : style(tokens[at].added ? "--quiet" : "--text");
    context.fillText(tokens[at].text, x, y, 136);
  };
  context.textBaseline = "middle";
  context.textAlign = "right";
  context.direction = "ltr"; // where a label stands, not how its word runs
  for (let q = 0; q < part.rows; q++) {
    text(queries, part.q0 + q, part.q0 + q === part.query, left - 6, above + (q + 0.5) * part.cell);
  }
  context.textAlign = "left";
  for (let k = 0; k < part.columns; k++) {
    context.save();
    context.translate(left + (k + 0.5) * part.cell, above - 6);
    context.rotate(-Math.PI / 2);
    text(keys, part.k0 + k, part.k0 + k === part.key, 0, 0);
    context.restore();
  }
}

function drawMark(context, part, left, above) {
  const q = part.query - part.q0;
  const k = part.key - part.k0;
  if (q < 0 || k < 0 || q >= part.rows || k >= part.columns) {
    return;
  }
  context.strokeStyle = style("--mark");
  if (part.cell < LABEL) { // a cell is too small to see: cross hairs
    context.globalAlpha = 0.6;
    context.strokeRect(left, above + q * part.cell - 0.5, part.columns * part.cell, part.cell + 1);
    context.strokeRect(left + k * part.cell - 0.5, above, part.cell + 1, part.rows * part.cell);
    context.globalAlpha = 1;
  }
  context.lineWidth = 2;
  context.strokeRect(left + k * part.cell - 1, above + q * part.cell - 1, part.cell + 1, part.cell + 1);
}

/** What the colours mean. */
function drawLegends() {
  for (const legend of document.querySelectorAll(".legend")) {
    const most = state.scale === "one" ? 1 : null;
    const stops = [];
    for (let i = 0; i <= 16; i++) {
      const at = 6 * Math.round((255 * i) / 16);
      stops.push("#" + palette().slice(at, at + 6));
    }
    const ramp = make("div", { class: "ramp" });
    ramp.style.background = `linear-gradient(to right, ${stops.join(", ")})`;
    const ticks = make("div", { class: "ticks" });
    for (const share of [0, 0.01, 0.1, 0.25, 0.5, 1]) {
      const tick = make("span", {}, most === null ? (share === 1 ? "largest" : share === 0 ? "0" : "") : String(share));
      tick.style.left = 100 * Math.sqrt(share) + "%";
      ticks.append(tick);
    }
    legend.replaceChildren(ramp, ticks);
  }
}
