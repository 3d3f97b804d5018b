// What is shown: views, the address that remembers it, colours, printing.

const VIEWS = ["heads", "head", "words", "depth"];

/** Shows a view of a head; the address remembers it, so that Back returns. */
function open(view, layer = state.layer, head = state.head, query = state.query, key = state.key) {
  Object.assign(state, { view, layer, head, query, key });
  location.hash = address();
}

/** #view/layer.head/query/key */
function address() {
  const parts = [state.view];
  if (state.view === "head" || state.view === "words") {
    parts.push(`${state.layer}.${state.head}`);
    if (state.query >= 0) {
      parts.push(state.query);
      if (state.key >= 0) {
        parts.push(state.key);
      }
    }
  }
  return "#" + parts.join("/");
}

/** As open, without a step for Back. */
function remember() {
  history.replaceState(null, "", address());
}

function readAddress() {
  const [view, of, query, key] = location.hash.slice(1).split("/");
  const within = (text, count, otherwise) => (/^\d+$/.test(text ?? "") && +text < count ? +text : otherwise);
  state.view = VIEWS.includes(view) ? view : "heads";
  const [layer, head] = (of ?? "").split(".");
  state.layer = within(layer, data.layers, state.layer);
  state.head = within(head, data.heads, state.head);
  state.query = within(query, queries.length, of === undefined ? state.query : -1);
  state.key = within(key, keys.length, of === undefined ? state.key : -1);
}

function show() {
  for (const view of VIEWS) {
    const on = view === state.view;
    byId("view-" + view).hidden = !on;
    byId("tab-" + view).setAttribute("aria-selected", String(on));
    byId("tab-" + view).tabIndex = on ? 0 : -1;
  }
  for (const chooser of document.querySelectorAll(".chooser")) {
    chooser.querySelector(".layer-choice").value = state.layer;
    chooser.querySelector(".head-choice").value = state.head;
  }
  return draw(state.view);
}

function draw(view) {
  switch (view) {
    case "heads": return redrawGrid();
    case "head": return showHead();
    case "words": return showWords();
    default: return buildDepth();
  }
}

function stepHead(by) {
  const count = data.layers * data.heads;
  const index = (state.layer * data.heads + state.head + by + count) % count;
  state.layer = Math.floor(index / data.heads);
  state.head = index % data.heads;
  remember();
  show();
}

function backToGrid() {
  open("heads");
  requestAnimationFrame(() => setTimeout(() => cellOf(state.layer, state.head)?.focus()));
}

function buildChoosers() {
  for (const chooser of document.querySelectorAll(".chooser")) {
    const choice = (name, label, count) => {
      const select = make("select", { class: `${name}-choice`, change: () => {
        state[name] = Number(select.value);
        remember();
        show();
      } });
      for (let i = 0; i < count; i++) {
        select.append(make("option", { value: i }, String(i)));
      }
      return make("label", {}, label + " ", select);
    };
    chooser.append(
      make("button", { class: "step", "aria-label": "Head before", click: () => stepHead(-1) }, "‹"),
      choice("layer", "Layer", data.layers), choice("head", "Head", data.heads),
      make("button", { class: "step", "aria-label": "Next head", click: () => stepHead(1) }, "›"));
  }
}

function buildHeader() {
  byId("model").textContent = data.model;
  byId("texts").append(make("blockquote", { dir: "auto" }, data.queryText));
  if (!data.self) {
    byId("texts").append(make("p", { class: "quiet" }, "looks at"), make("blockquote", { dir: "auto" }, data.keyText));
  }
  const size = data.self ? `${queries.length} tokens` : `${queries.length} tokens look at ${keys.length}`;
  byId("facts").textContent = `${data.layers} layers of ${data.heads} heads, counted from 0; ${size}` +
    (data.causal ? "; a token sees none after it." : ".") + " A token's weights in a head add up to 1.";
}

function listenToTabs() {
  VIEWS.forEach((view, i) => {
    const tab = byId("tab-" + view);
    tab.addEventListener("click", () => open(view));
    tab.addEventListener("keydown", (event) => {
      const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (by) {
        const to = VIEWS[(i + by + VIEWS.length) % VIEWS.length];
        open(to);
        byId("tab-" + to).focus();
      }
    });
  });
}

function redraw() {
  drawLegends();
  redrawGrid();
  draw(state.view);
}

/** Paper is white, whatever the screen is. */
function setPrinting(on) {
  printing = on;
  document.documentElement.classList.toggle("printing", on);
  redraw();
}

function listenToChoices() {
  document.querySelectorAll(".scale-choice").forEach((select) => select.addEventListener("change", () => {
    state.scale = select.value;
    document.querySelectorAll(".scale-choice").forEach((other) => (other.value = select.value));
    redraw();
  }));
  document.querySelectorAll("[name='mode']").forEach((radio) => radio.addEventListener("change", () => {
    state.mode = radio.value;
    showWords();
  }));
  darkMode.addEventListener("change", redraw);
  let resized = 0;
  addEventListener("resize", () => {
    cancelAnimationFrame(resized);
    resized = requestAnimationFrame(() => state.view === "head" && showHead());
  });
  addEventListener("beforeprint", () => setPrinting(true));
  addEventListener("afterprint", () => setPrinting(false));
  addEventListener("hashchange", () => { readAddress(); show(); });
}

buildHeader();
buildGrid();
buildChoosers();
listenToTabs();
listenToMap();
listenToChoices();
drawLegends();
readAddress();
await show();
document.documentElement.dataset.ready = "yes";
drawRest();
