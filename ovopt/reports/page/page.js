"use strict";
// Draws the pictures from the figures beside them, with Observable Plot; sorts and filters the long tables, with d3.
(() => {
  const ink = "var(--ink)", muted = "var(--muted)", line = "var(--line)", card = "var(--card)";
  const size = 13;
  const text = { fill: ink, stroke: card, strokeWidth: 5, fontSize: size };

  function plot(width, height, options) {
    const style = { fontSize: `${size}px`, color: muted, background: "none", overflow: "visible" };
    return Plot.plot({ width, height, style, color: { type: "identity" }, ...options });
  }

  // Extent of some numbers, with room on both sides; `spread` is the least extent.
  function room(values, share, spread) {
    const [low, high] = d3.extent(values.filter(Number.isFinite));
    const wide = Math.max(high - low, spread);
    return [low - wide * share, high + wide * share];
  }

  function tradeoff(spec, width) {
    const points = spec.points.map((p) => ({ ...p, colour: `var(--${p.colour})` }));
    const xs = points.flatMap((p) => [p.x, p.x1, p.x2]).concat(1, spec.xLimits, spec.noise ?? []);
    const [low, high] = room(xs.map(Math.log2), 0.12, 0.6).map((v) => 2 ** v);
    const ys = points.flatMap((p) => [p.y, p.y1, p.y2]).concat(0, spec.yLimits);
    const y = room(ys, 0.14, d3.max(ys.map(Math.abs)) ? 0 : 1);
    const best = spec.up ? y[1] : y[0];
    const least = Math.max(1, ...spec.xLimits);
    const worst = spec.yLimits.length ? (spec.up ? d3.max(spec.yLimits) : d3.min(spec.yLimits)) : 0;
    const middle = Math.sqrt(low * high);
    const steps = [0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1, 1.2, 1.5, 2, 3, 4, 5, 7, 10, 20, 50, 100, 1000];
    const ticks = steps.filter((v) => v > low && v < high && (v >= 0.7 && v <= 1.5 ? high / low < 4 || v === 1 : true));
    const named = (left, dy) => ({ x: "x", y: "y", text: "label", textAnchor: left ? "start" : "end", dx: left ? 9 : -9, dy, ...text, fontWeight: 600 });
    const noted = (label) => () => label;
    return plot(width, Math.round(Math.min(440, Math.max(320, width * 0.55))), {
      marginLeft: 52, marginBottom: 44, marginTop: 28, marginRight: 16,
      x: { type: "log", domain: [low, high], ticks, tickFormat: (v) => `${v}×`, label: `${spec.xLabel} →`, labelAnchor: "right", grid: false },
      y: { domain: spec.up ? y : [y[1], y[0]], label: `${spec.up ? "↑" : "↓ less is better;"} ${spec.yLabel}`, tickFormat: (v) => (v ? d3.format("+~g")(v) : "0"), ticks: 7, grid: true },
      marks: [
        Plot.rect([0], { x1: Math.min(least, high), x2: high, y1: worst, y2: best, fill: "var(--good)", fillOpacity: 0.09 }),
        spec.noise ? Plot.rect([0], { x1: spec.noise[0], x2: spec.noise[1], y1: y[0], y2: y[1], fill: muted, fillOpacity: 0.14 }) : null,
        Plot.ruleY([0], { stroke: muted }),
        Plot.ruleX([1], { stroke: muted }),
        Plot.ruleY(spec.yLimits, { stroke: "var(--bad)", strokeDasharray: "6 4", strokeWidth: 1.5 }),
        Plot.text(spec.yLimits, { y: (v) => v, text: (v) => `budget ${d3.format("+~g")(v)}`, frameAnchor: "left", textAnchor: "start", dx: 6, dy: 10, ...text, fill: "var(--bad)" }),
        Plot.ruleX(spec.xLimits, { stroke: "var(--bad)", strokeDasharray: "6 4", strokeWidth: 1.5 }),
        Plot.text(spec.xLimits, { x: (v) => v, text: (v) => `budget ${v}×`, frameAnchor: "bottom", textAnchor: "start", dx: 6, dy: -8, ...text, fill: "var(--bad)" }),
        Plot.link(points, { x1: "x1", x2: "x2", y1: "y", y2: "y", stroke: "colour", strokeWidth: 2.5 }),
        Plot.link(points, { x1: "x", x2: "x", y1: "y1", y2: "y2", stroke: "colour", strokeWidth: 2.5 }),
        Plot.dot([0], { x: 1, y: 0, symbol: "square", r: 6, fill: "var(--arm-0)", stroke: card, strokeWidth: 2 }),
        Plot.text([0], { x: 1, y: 0, text: noted(spec.baseline), textAnchor: 1 < middle ? "start" : "end", dx: 1 < middle ? 10 : -10, dy: -13, ...text }),
        Plot.dot(points, { x: "x", y: "y", r: 7, fill: "colour", stroke: card, strokeWidth: 2 }),
        Plot.text(points.filter((p) => p.x <= middle), named(true, -13)),
        Plot.text(points.filter((p) => p.x > middle), named(false, -13)),
        Plot.tip(points, Plot.pointer({ x: "x", y: "y", title: "said" })),
      ],
    });
  }

  function ridges(spec, width) {
    const flat = spec.arms.flatMap((arm, i) => arm.curve.map(([x, h]) => ({ x, h, i, colour: `var(--${arm.colour})` })));
    const domain = d3.extent(flat, (d) => d.x);
    const wide = domain[1] / domain[0];
    const steps = d3.range(-6, 8).flatMap((e) => [1, 2, 5].map((m) => m * 10 ** e)).filter((v) => v >= domain[0] && v <= domain[1]);
    const ticks = steps.length >= 3 ? steps : d3.ticks(domain[0], domain[1], Math.max(3, Math.min(6, width / 110)));
    const arms = spec.arms.map((arm, i) => ({ ...arm, i, colour: `var(--${arm.colour})`, shown: Math.min(Math.max(arm.p50 ?? domain[0], domain[0]), domain[1]) }));
    // Where a label still has room to its right.
    const rightmost = domain[0] * wide ** (1 - 130 / width);
    const said = (left) => ({ x: "shown", y: (d) => d.i + 0.34, text: (d) => `median ${d.said}`, textAnchor: left ? "start" : "end", dx: left ? 5 : -5, ...text });
    return plot(width, spec.arms.length * 88 + 46, {
      marginLeft: 6, marginRight: 12, marginTop: 4, marginBottom: 42,
      x: { type: "log", domain, ticks, tickFormat: (v) => d3.format(",~g")(v), label: "milliseconds →", labelAnchor: "right" },
      y: { axis: null, domain: [spec.arms.length, 0] },
      marks: [
        Plot.ruleX(ticks, { stroke: line }),
        Plot.areaY(flat, { x: "x", y1: (d) => d.i + 1, y2: (d) => d.i + 1 - 0.62 * d.h, z: "i", fill: "colour", fillOpacity: 0.35 }),
        Plot.lineY(flat, { x: "x", y: (d) => d.i + 1 - 0.62 * d.h, z: "i", stroke: "colour", strokeWidth: 2 }),
        Plot.ruleY(arms, { y: (d) => d.i + 1, stroke: muted, strokeOpacity: 0.5 }),
        Plot.link(arms, { x1: "shown", x2: "shown", y1: (d) => d.i + 1, y2: (d) => d.i + 0.3, stroke: ink, strokeWidth: 1.5 }),
        Plot.text(arms, { x: domain[0], y: (d) => d.i + 0.16, text: "label", textAnchor: "start", ...text, fontWeight: 600 }),
        Plot.text(arms.filter((d) => d.shown < rightmost), said(true)),
        Plot.text(arms.filter((d) => d.shown >= rightmost), said(false)),
      ],
    });
  }

  function bars(spec, width) {
    const pieces = spec.bars.flatMap((bar, i) => {
      let end = 0;
      return bar.parts.map((p) => ({ ...p, i, bar: bar.label, x1: end, x2: (end += p.value), colour: `var(--${p.colour})` }));
    });
    const ends = spec.bars.map((bar, i) => ({ i, label: bar.label, total: bar.total, x: d3.sum(bar.parts, (p) => p.value) }));
    const most = d3.max(ends, (d) => d.x) || 1;
    return plot(width, spec.bars.length * 50 + 46, {
      marginLeft: 6, marginRight: 88, marginTop: 4, marginBottom: 42,
      x: { domain: [0, most], label: `${spec.unit} →`, labelAnchor: "right", ticks: Math.max(3, Math.min(8, width / 110)), grid: true },
      y: { axis: null, domain: [spec.bars.length, 0] },
      marks: [
        Plot.rect(pieces, { x1: "x1", x2: "x2", y1: (d) => d.i + 0.46, y2: (d) => d.i + 0.88, fill: "colour", stroke: card, strokeWidth: 1 }),
        Plot.text(ends, { x: 0, y: (d) => d.i + 0.24, text: "label", textAnchor: "start", ...text }),
        Plot.text(ends, { x: "x", y: (d) => d.i + 0.67, text: "total", textAnchor: "start", dx: 7, ...text, fontWeight: 600 }),
        Plot.tip(pieces, Plot.pointer({ x: (d) => (d.x1 + d.x2) / 2, y: (d) => d.i + 0.67, title: (d) => `${d.bar}\n${d.name}: ${d.said}` })),
      ],
    });
  }

  function lines(spec, width) {
    const points = spec.points.map((p) => ({ ...p, colour: `var(--${p.colour})` }));
    const tails = points.filter((p) => p.p99);
    const waits = points.map((p) => p.p50).concat(tails.map((p) => p.p99));
    return plot(width, 320, {
      marginLeft: 56, marginRight: 16, marginTop: 28, marginBottom: 44,
      x: { label: "requests per second →", labelAnchor: "right", domain: [0, d3.max(points, (p) => p.rate) * 1.05], ticks: Math.min(8, width / 90) },
      y: { type: "log", label: "↑ wait, milliseconds", domain: [d3.min(waits) / 1.3, d3.max(waits) * 1.3], grid: true, tickFormat: (v) => d3.format(",~g")(v), ticks: 4 },
      marks: [
        Plot.line(tails, { x: "rate", y: "p99", z: "arm", stroke: "colour", strokeDasharray: "4 4" }),
        Plot.line(points, { x: "rate", y: "p50", z: "arm", stroke: "colour", strokeWidth: 2.5 }),
        Plot.dot(points, { x: "rate", y: "p50", fill: "colour", r: 4 }),
        Plot.tip(points, Plot.pointer({ x: "rate", y: "p50", title: (p) => `${p.arm}\n${p.rate.toPrecision(3)} /s: ${p.p50.toPrecision(3)} ms` })),
      ],
    });
  }

  const kinds = { tradeoff, ridges, bars, lines };

  function draw(figure) {
    const place = figure.querySelector(".drawing");
    const width = Math.floor(place.clientWidth);
    if (!width || Number(place.dataset.width) === width) return;
    const spec = JSON.parse(figure.querySelector("script").textContent);
    place.dataset.width = width;
    const drawn = kinds[spec.kind](spec, width);
    // The text that stands for the whole picture is its frame's; names of its marks would only be in the way.
    drawn.querySelectorAll("[aria-label]").forEach((mark) => mark.removeAttribute("aria-label"));
    place.replaceChildren(drawn);
  }

  const watcher = new ResizeObserver((entries) => entries.forEach((entry) => draw(entry.target)));
  for (const figure of document.querySelectorAll("figure[data-chart]")) {
    draw(figure);
    watcher.observe(figure);
  }

  // Numbers by value, texts by the alphabet with their numbers in order; what has no value goes last.
  const alphabet = new Intl.Collator("en", { numeric: true });
  function compare(column, direction) {
    const value = (row) => (row.cells[column].dataset.value === undefined ? NaN : Number(row.cells[column].dataset.value));
    return (a, b) => {
      const [x, y] = [value(a), value(b)];
      if (Number.isNaN(x) && Number.isNaN(y)) return direction * alphabet.compare(a.cells[column].textContent, b.cells[column].textContent);
      if (Number.isNaN(x) || Number.isNaN(y)) return Number.isNaN(x) ? 1 : -1;
      return direction * d3.ascending(x, y);
    };
  }

  for (const table of document.querySelectorAll("table[data-long]")) {
    const body = table.tBodies[0];
    const heads = [...table.tHead.rows[0].cells];
    heads.forEach((head, column) => {
      const button = head.querySelector("button");
      button.disabled = false;
      button.addEventListener("click", () => {
        const rising = head.getAttribute("aria-sort") !== "ascending";
        heads.forEach((other) => other.setAttribute("aria-sort", "none"));
        head.setAttribute("aria-sort", rising ? "ascending" : "descending");
        body.append(...[...body.rows].sort(compare(column, rising ? 1 : -1)));
      });
    });
    const filter = table.closest("section").querySelector(".filter");
    const count = filter.querySelector(".count");
    const rows = [...body.rows];
    const told = rows.map((row) => row.textContent.toLowerCase());
    const apply = () => {
      const words = filter.querySelector("input").value.toLowerCase().split(/\s+/).filter(Boolean);
      let shown = 0;
      rows.forEach((row, i) => {
        row.hidden = !words.every((word) => told[i].includes(word));
        shown += row.hidden ? 0 : 1;
      });
      count.textContent = shown === rows.length ? `${rows.length} rows` : `${shown} of ${rows.length} rows`;
    };
    filter.querySelector("input").addEventListener("input", apply);
    filter.hidden = rows.length < 8;
    apply();
  }

  // On paper everything is open.
  let closed = [];
  window.addEventListener("beforeprint", () => {
    closed = [...document.querySelectorAll("details:not([open])")];
    closed.forEach((found) => (found.open = true));
  });
  window.addEventListener("afterprint", () => closed.forEach((found) => (found.open = false)));
})();
