"use strict";
// The charts, drawn by BokehJS from the columns that the stream brings.
(() => {
  const drawn = [];

  function colour(name) {
    return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
  }

  function figure(element, options) {
    const plot = Bokeh.Plotting.figure({
      sizing_mode: "stretch_both", x_axis_type: "datetime", tools: [], toolbar_location: null,
      background_fill_color: null, border_fill_color: null, outline_line_color: null,
      min_border: 0, min_border_right: 12, ...options,
    });
    for (const axis of [...plot.xaxis, ...plot.yaxis]) {
      axis.axis_line_color = colour("line");
      axis.major_tick_line_color = colour("line");
      axis.minor_tick_line_color = null;
      axis.major_label_text_color = colour("quiet");
      axis.major_label_text_font_size = "12px";
    }
    for (const axis of plot.yaxis) axis.formatter = new Bokeh.NumeralTickFormatter({ format: "0,0.[00]" });
    for (const grid of plot.xgrid) grid.grid_line_color = null;
    for (const grid of plot.ygrid) grid.grid_line_color = colour("line");
    return plot;
  }

  function legend(plot) {
    for (const box of plot.legend ? [].concat(plot.legend) : []) {
      Object.assign(box, {
        background_fill_alpha: 0, border_line_color: null, label_text_color: colour("quiet"),
        label_text_font_size: "12px", orientation: "horizontal", padding: 0, margin: 0, spacing: 12,
        glyph_width: 22, label_height: 14, glyph_height: 14,
      });
      plot.add_layout?.(box, "above");
    }
  }

  function source(columns) {
    return new Bokeh.ColumnDataSource({ data: columns });
  }

  function level(plot, value, name) {
    plot.add_layout(new Bokeh.Span({
      location: value, dimension: "width", line_color: colour("bad"), line_dash: [6, 4], line_width: 1.5,
    }));
    plot.add_layout(new Bokeh.Label({
      x: 4, x_units: "screen", y: value, y_offset: 2, text: name, text_color: colour("bad"),
      text_font_size: "12px",
    }));
  }

  function mark(plot, at, name) {
    plot.add_layout(new Bokeh.Span({
      location: at, dimension: "height", line_color: colour("third"), line_dash: [1, 3], line_width: 2,
    }));
    plot.add_layout(new Bokeh.Label({
      x: at, y: 4, y_units: "screen", x_offset: 3, text: name.length > 24 ? `${name.slice(0, 23)}\u2026` : name,
      text_color: colour("third"), text_font_size: "11px",
    }));
  }

  // Own limits for logarithmic axes: BokehJS never ends where there is nothing to span.
  function limits(values, deadline) {
    const known = values.filter((v) => v > 0);
    if (deadline) known.push(deadline);
    return [Math.min(...known) / 1.5, Math.max(...known) * 1.5];
  }

  function fit(range, [start, end]) {
    range.start = start;
    range.end = end;
  }

  // A slot lasts until the next one begins: its value is drawn to its end, also that of the last.
  const toTheEnd = (t, width) => (t.length ? [...t, t[t.length - 1] + width] : []);
  const again = (values) => (values.length ? [...values, values[values.length - 1]] : []);

  const someTraffic = (c) => c.slots.t.length > 0;
  const someEnded = (c) => c.slots.p99.some((v) => v !== null);

  const KINDS = {
    budget: {
      ready: (c) => c.budget.total > 0 && someTraffic(c),
      columns: (c) => ({
        line: { t: c.budget.t, v: c.budget.left },
        ideal: { t: c.budget.ideal.map((p) => p[0]), v: c.budget.ideal.map((p) => p[1]) },
        forecast: { t: c.budget.forecast.map((p) => p[0]), v: c.budget.forecast.map((p) => p[1]) },
      }),
      draw(plot, sources) {
        level(plot, 0, "nothing left");
        plot.line({ field: "t" }, { field: "v" }, {
          source: sources.ideal, line_color: colour("quiet"), line_dash: [2, 4], line_width: 1.5,
          legend_label: "spent evenly",
        });
        plot.line({ field: "t" }, { field: "v" }, {
          source: sources.forecast, line_color: colour("second"), line_dash: [7, 4], line_width: 2,
          legend_label: "as it goes now",
        });
        plot.step({ x: { field: "t" }, y: { field: "v" }, mode: "after", source: sources.line,
          line_color: colour("first"), line_width: 2.5, legend_label: "events left" });
      },
    },
    bad: {
      ready: someTraffic,
      columns: (c) => {
        const { t, good, bad } = c.slots;
        const share = bad.map((b, i) => (b + good[i] > 0 ? (100 * b) / (b + good[i]) : null));
        return { bars: { left: t, right: t.map((x) => x + c.width_ms), top: share } };
      },
      draw(plot, sources, c) {
        plot.quad({ left: { field: "left" }, right: { field: "right" }, bottom: 0, top: { field: "top" },
          source: sources.bars, fill_color: colour("bad"), line_color: null });
        plot.y_range = new Bokeh.DataRange1d({ start: 0, range_padding: 0.1, min_interval: 0.1 });
        if (c.allowed !== undefined) level(plot, c.allowed, "what the budget allows");
      },
    },
    rate: {
      ready: someTraffic,
      columns: (c) => ({ line: {
        t: toTheEnd(c.slots.t, c.width_ms), v: again(c.slots.good.map((g, i) => g + c.slots.bad[i])),
      } }),
      draw(plot, sources) {
        plot.y_range = new Bokeh.DataRange1d({ start: 0, range_padding: 0.1, min_interval: 0.1 });
        plot.varea_step({ x: { field: "t" }, y1: 0, y2: { field: "v" }, step_mode: "after",
          source: sources.line, fill_color: colour("first"), fill_alpha: 0.18 });
        plot.step({ x: { field: "t" }, y: { field: "v" }, mode: "after", source: sources.line,
          line_color: colour("first"), line_width: 2 });
      },
    },
    latency: {
      ready: someEnded,
      limits: (c) => limits([...c.slots.p50, ...c.slots.p99], c.deadline_ms),
      options: { y_axis_type: "log" },
      columns: (c) => ({ line: {
        t: toTheEnd(c.slots.t, c.width_ms), p50: again(c.slots.p50), p95: again(c.slots.p95),
        p99: again(c.slots.p99),
      } }),
      draw(plot, sources, c) {
        const looks = [["p50", "first", "solid"], ["p95", "second", [7, 3]], ["p99", "third", [2, 3]]];
        for (const [name, hue, dash] of looks) {
          plot.line({ field: "t" }, { field: name }, {
            source: sources.line, line_color: colour(hue), line_dash: dash, line_width: 2,
            legend_label: name,
          });
        }
        if (c.deadline_ms) level(plot, c.deadline_ms, "deadline");
      },
    },
    heat: {
      ready: (c) => c.heat.t.length > 0,
      limits: (c) => limits([...c.heat.low, ...c.heat.high], c.deadline_ms),
      options: { y_axis_type: "log" },
      columns: (c) => {
        const most = Math.max(1, ...c.heat.n);
        return { cells: {
          left: c.heat.t, right: c.heat.t.map((t) => t + c.width_ms), bottom: c.heat.low,
          top: c.heat.high, alpha: c.heat.n.map((n) => 0.12 + (0.88 * Math.log1p(n)) / Math.log1p(most)),
        } };
      },
      draw(plot, sources, c) {
        plot.quad({ left: { field: "left" }, right: { field: "right" }, bottom: { field: "bottom" },
          top: { field: "top" }, source: sources.cells, fill_color: colour("first"),
          fill_alpha: { field: "alpha" }, line_color: null });
        if (c.deadline_ms) level(plot, c.deadline_ms, "deadline");
      },
    },
  };

  // One line per context, told apart by hue and dash.
  const LOOKS = [["first", "solid"], ["second", [7, 3]], ["third", [2, 3]], ["good", [10, 3, 2, 3]],
    ["bad", [4, 4]], ["quiet", "solid"]];

  function byContext(figureOf, more) {
    return {
      ready: (c) => c.contexts.some((context) => context[figureOf].some((v) => v !== null)),
      columns: (c) => Object.fromEntries(c.contexts.map((context, place) => [place, {
        t: toTheEnd(context.t, c.width_ms), v: again(context[figureOf]),
      }])),
      draw(plot, sources, c) {
        if (!more.limits) plot.y_range = new Bokeh.DataRange1d({ start: 0, range_padding: 0.1, min_interval: 0.1 });
        c.contexts.forEach((context, place) => {
          const [hue, dash] = LOOKS[place % LOOKS.length];
          plot.step({ x: { field: "t" }, y: { field: "v" }, mode: "after", source: sources[place],
            line_color: colour(hue), line_dash: dash, line_width: 2, legend_label: context.name });
        });
      },
      ...more,
    };
  }

  KINDS.context_rate = byContext("rate", {});
  KINDS.context_bad = byContext("bad", {});
  KINDS.context_p95 = byContext("p95", {
    options: { y_axis_type: "log" },
    limits: (c) => limits(c.contexts.flatMap((context) => context.p95)),
  });

  function columnsOf(element) {
    const charts = window.dashboard.charts[element.dataset.objective];
    if (!charts) return null;
    const allowed = Number(element.dataset.allowed);
    return Number.isFinite(allowed) ? { ...charts, allowed } : charts;
  }

  async function draw(element) {
    const columns = columnsOf(element);
    if (!columns) return;
    const kind = KINDS[element.dataset.chart];
    const target = element.querySelector(".canvas");
    if (!kind.ready(columns)) {
      target.textContent = "no data yet";
      return;
    }
    const plot = figure(element, kind.options ?? {});
    const range = kind.limits ? new Bokeh.Range1d() : null;
    if (range) {
      fit(range, kind.limits(columns));
      plot.y_range = range;
    }
    const sources = {};
    for (const [name, values] of Object.entries(kind.columns(columns))) sources[name] = source(values);
    kind.draw(plot, sources, columns);
    const begin = columns.budget ? columns.budget.t[0]
      : Math.min(...columns.contexts.flatMap((context) => context.t.slice(0, 1)));
    for (const [at, name] of columns.marks) if (at >= begin) mark(plot, at, name);
    legend(plot);
    target.replaceChildren();
    target.inert = true; // pictures only: nothing there to reach by keyboard
    const view = await Bokeh.Plotting.show(plot, target);
    drawn.push({ element, kind, sources, view, range, marks: columns.marks.length });
    element.dataset.drawn = "yes";
  }

  function update(names) {
    for (const { element, kind, sources, range, marks } of drawn) {
      if (!names.has(element.dataset.objective)) continue;
      const columns = columnsOf(element);
      if (columns.marks.length !== marks) return redraw();
      if (!kind.ready(columns)) continue;
      if (range) fit(range, kind.limits(columns));
      for (const [name, values] of Object.entries(kind.columns(columns))) sources[name].data = values;
    }
  }

  let drawing = Promise.resolve();

  async function drawMissing() {
    for (const element of document.querySelectorAll("[data-chart]:not([data-drawn])")) {
      await draw(element);
    }
  }

  function redraw() {
    for (const { element, view } of drawn.splice(0)) {
      view.remove?.();
      delete element.dataset.drawn;
    }
    drawing = drawing.then(drawMissing);
  }

  window.dashboard.listeners.push((charts) => {
    update(new Set(Object.keys(charts)));
    drawing = drawing.then(drawMissing);
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  drawing = drawing.then(drawMissing);
})();
