// What Java wrote into the page, and the weights: unpacked a head at a time, when first asked for.

const data = JSON.parse(document.getElementById("data").textContent);
const queries = data.queries;
const keys = data.keys ?? data.queries;
const UNIT = 1 / data.scale; // weights are whole numbers of this

const state = { view: "heads", layer: 0, head: 0, query: -1, key: -1, scale: "one", mode: "head" };

const unpacked = new Map();

/** The weights of a head, in units, [queries, keys]: low bytes first, then high bytes, deflated. */
function weightsOf(layer, head) {
  const index = layer * data.heads + head;
  if (!unpacked.has(index)) {
    unpacked.set(index, unpack(data.weights[index]));
  }
  return unpacked.get(index);
}

async function unpack(base64) {
  const packed = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
  const planes = new Uint8Array(await new Response(stream).arrayBuffer());
  const weights = new Uint16Array(planes.length / 2);
  for (let i = 0; i < weights.length; i++) {
    weights[i] = planes[i] | (planes[weights.length + i] << 8);
  }
  return weights;
}

/** A weight as text: all of the decimals that the page has. */
function shown(weight) {
  return (weight * UNIT).toFixed(4);
}

function isVisible(query, key) {
  return !data.causal || key <= query;
}

function kindOf(layer, head) {
  return data.profiles ? data.profiles[layer * data.heads + head].kind : null;
}

/** An element; attributes that are functions listen, children that are strings stay text. */
function make(name, attributes = {}, ...children) {
  return fill(document.createElement(name), attributes, children);
}

function makeSvg(name, attributes = {}, ...children) {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", name), attributes, children);
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") {
      element.addEventListener(name, value);
    } else {
      element.setAttribute(name, value);
    }
  }
  element.append(...children);
  return element;
}

function byId(id) {
  return document.getElementById(id);
}

/** A token as an element of its own direction, so that right-to-left words disturb no neighbour. */
function token(of) {
  return make("bdi", { class: of.added ? "token added" : "token", title: of.entry }, of.text);
}
