// How heads change with depth: a dot a head, a line through the means of the layers.

const CHART = { width: 420, height: 260, left: 46, right: 20, top: 16, bottom: 36 };

function buildDepth() {
  const depth = data.depth;
  const parts = [];
  if (!depth) {
    parts.push(make("p", { class: "quiet" }, "There are no figures of depth for maps from one text to another."));
  } else {
    const source = data.profiles ? "the annotated sentences that come with Lanewise" : "this text";
    parts.push(...depth.sentences.map((sentence) => make("p", { class: "finding" }, sentence)));
    parts.push(make("p", { class: "quiet" }, `Over ${source}. A dot is a head, in the colour of its kind; the line leads through the layers' means.`));
    parts.push(make("div", { class: "charts" },
      chart("Mean distance, in tokens", depth.distance, null, 2),
      chart("Entropy, as a share of uniform attention's", depth.entropy, 1, 2),
      chart("Share on delimiters", depth.delimiters, 1, 2),
      ...(data.profiles ? [kindsChart()] : [])));
  }
  byId("depth").replaceChildren(...parts);
}

function chart(title, values, most, decimals) {
  const { width, height, left, right, top, bottom } = CHART;
  const highest = most ?? niceTop(Math.max(...values));
  const x = (layer) => left + ((layer + 0.5) * (width - left - right)) / data.layers;
  const y = (value) => height - bottom - (value / highest) * (height - top - bottom);
  const svg = makeSvg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": title });
  for (let i = 0; i <= 4; i++) {
    const value = (highest * i) / 4;
    svg.append(makeSvg("line", { class: "rule", x1: left, x2: width - right, y1: y(value), y2: y(value) }));
    svg.append(makeSvg("text", { class: "axis end", x: left - 6, y: y(value) + 4 }, String(+value.toFixed(2))));
  }
  const means = [];
  for (let layer = 0; layer < data.layers; layer++) {
    const heads = values.slice(layer * data.heads, (layer + 1) * data.heads);
    heads.forEach((value, head) => svg.append(dot(x(layer), y(value), layer, head, value.toFixed(decimals))));
    means.push(heads.reduce((sum, value) => sum + value, 0) / data.heads);
    svg.append(makeSvg("text", { class: "axis", x: x(layer), y: height - bottom + 16 }, String(layer)));
  }
  svg.append(makeSvg("polyline", { class: "mean", points: means.map((m, i) => `${x(i)},${y(m)}`).join(" ") }));
  const every = Math.ceil(data.layers / 8);
  means.forEach((mean, layer) => {
    if (layer % every === 0 || layer === data.layers - 1) {
      svg.append(makeSvg("text", { class: "direct", x: x(layer), y: y(mean) - 8 }, mean.toFixed(decimals)));
    }
  });
  svg.append(makeSvg("text", { class: "axis", x: (left + width - right) / 2, y: height - 4 }, "layer"));
  return make("figure", {}, make("figcaption", {}, title), svg);
}

function dot(x, y, layer, head, text) {
  const spread = (head / Math.max(1, data.heads - 1) - 0.5) * 14; // so that equal heads stay apart
  return makeSvg("circle", { class: `dot ${kindOf(layer, head) ?? "mixed"}`, cx: x + spread, cy: y, r: 3.5 },
    makeSvg("title", {}, `${layer}.${head}: ${text}`));
}

function niceTop(value) {
  const unit = 10 ** Math.floor(Math.log10(Math.max(value, 1e-9)));
  return unit * [1, 2, 4, 6, 8, 10].find((step) => step * unit >= value);
}

/** Kinds of heads: a row a layer, a cell a head, the kinds beside each other. */
function kindsChart() {
  const table = make("table", { class: "kinds-chart" });
  for (let layer = 0; layer < data.layers; layer++) {
    const line = make("td", {});
    for (const kind of Object.keys(KINDS)) {
      const count = data.profiles.slice(layer * data.heads, (layer + 1) * data.heads)
        .filter((profile) => profile.kind === kind).length;
      if (count > 0) {
        const bar = make("span", { class: `share ${kind}`, title: `${count} ${kind}` },
          make("b", {}, String(count)), ` ${kind}`);
        bar.style.flexGrow = count;
        line.append(bar);
      }
    }
    table.append(make("tr", {}, make("th", { scope: "row" }, String(layer)), line));
  }
  return make("figure", { class: "wide" }, make("figcaption", {}, "Kinds of heads, a row a layer"), table);
}
