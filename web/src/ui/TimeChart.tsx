import { type CSSProperties, useEffect, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";

import { useDark } from "../frame/theme";
import { useFormat } from "../text/format";
import { useText } from "../text/language";
import { words } from "../text/words";
import "./time-chart.css";

/** What is counted. */
export interface Series {
  label: string;
  /** A colour of the style's, by the name of its property. */
  colour: string;
  /** In each span. */
  counts: number[];
}

interface Props {
  label: string;
  /** Those at the bottom first. */
  series: Series[];
  /** Seconds of a span. */
  span: number;
  starts: number[];
  /** Somebody wants to see one span, from its beginning to its end in Unix seconds. */
  onPick?: (since: number, until: number) => void;
}

const HEIGHT_PX = 180;

/** Each series with all below it: what bars end at that stand on each other. */
function stacked(series: Series[], spans: number): number[][] {
  const sum = new Array<number>(spans).fill(0);
  return series.map(({ counts }) =>
    sum.map((below, at) => {
      sum[at] = below + (counts[at] ?? 0);
      return sum[at];
    }),
  );
}

/** Counts over time as bars on each other, and the same as a table. */
export function TimeChart({ label, series, span, starts, onPick }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const legend = useRef<HTMLUListElement>(null);
  const plot = useRef<uPlot>(undefined);
  const now = useRef({ span, starts, onPick });
  now.current = { span, starts, onPick };
  const dark = useDark();
  const format = useFormat();
  const w = useText(words);
  const colours = series.map((one) => one.colour).join(" ");

  // biome-ignore lint/correctness/useExhaustiveDependencies: colours are read when the chart is made
  useEffect(() => {
    const element = place.current;
    if (!element) return;
    const style = getComputedStyle(element);
    const axis = {
      stroke: style.color,
      grid: { stroke: style.borderTopColor, width: 1 },
      ticks: { stroke: style.borderTopColor, width: 1 },
    };
    // As the browser computes them: a property may hold a colour for each theme.
    const fills = [...(legend.current?.querySelectorAll("i") ?? [])].map(
      (swatch) => getComputedStyle(swatch).backgroundColor,
    );
    const bars = uPlot.paths.bars?.({ size: [0.8, 48], align: 1 });
    const chart = new uPlot(
      {
        width: element.clientWidth,
        height: HEIGHT_PX,
        legend: { show: false },
        cursor: { show: false },
        scales: {
          // The newest bar is as wide as the others.
          x: { range: (_, min, max) => [min, max + now.current.span] },
          y: { range: (_, _min, max) => [0, Math.max(4, max)] },
        },
        axes: [
          { ...axis, values: (_, at) => at.map(format.tick) },
          { ...axis, size: 48, values: (_, at) => at.map((n) => (n % 1 ? "" : format.short(n))) },
        ],
        // The highest is drawn first, so that all that stand below are seen.
        series: [
          {},
          ...fills.toReversed().map((fill) => ({
            fill,
            stroke: fill,
            width: 0,
            points: { show: false },
            ...(bars && { paths: bars }),
          })),
        ],
      },
      [[], ...fills.map(() => [])],
      element,
    );
    plot.current = chart;
    const pick = (event: MouseEvent) => {
      const { starts, span, onPick } = now.current;
      const at = chart.posToVal(event.clientX - chart.over.getBoundingClientRect().left, "x");
      const start = starts.findLast((one) => one <= at);
      if (start !== undefined) onPick?.(start, start + span);
    };
    chart.over.addEventListener("click", pick);
    const observer = new ResizeObserver(() =>
      chart.setSize({ width: element.clientWidth, height: HEIGHT_PX }),
    );
    observer.observe(element);
    return () => {
      observer.disconnect();
      chart.destroy();
      plot.current = undefined;
    };
  }, [dark, colours]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new chart needs the numbers again
  useEffect(() => {
    plot.current?.setData([starts, ...stacked(series, starts.length).toReversed()]);
  }, [starts, series, dark, colours]);

  const filled = starts
    .map((start, at) => ({
      start,
      counts: series.map((one) => one.counts[at] ?? 0),
    }))
    .filter(({ counts }) => counts.some((count) => count > 0));
  return (
    <figure className={onPick ? "chart picked" : "chart"} aria-label={label}>
      <div ref={place} aria-hidden="true" />
      <ul className="legend" ref={legend}>
        {series.map((one) => (
          <li key={one.label}>
            <i aria-hidden="true" style={{ "--swatch": `var(--${one.colour})` } as CSSProperties} />
            {one.label} <b>{format.number(one.counts.reduce((sum, count) => sum + count, 0))}</b>
          </li>
        ))}
      </ul>
      {filled.length > 0 && (
        <details>
          <summary>{w.asTable}</summary>
          <table>
            <thead>
              <tr>
                <th scope="col">{w.time}</th>
                {series.map((one) => (
                  <th scope="col" key={one.label}>
                    {one.label}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {filled.map(({ start, counts }) => (
                <tr key={start}>
                  <th scope="row">
                    {onPick ? (
                      <button
                        type="button"
                        className="link"
                        onClick={() => onPick(start, start + span)}
                      >
                        {format.range(start, start + span)}
                      </button>
                    ) : (
                      format.range(start, start + span)
                    )}
                  </th>
                  {counts.map((count, at) => (
                    <td key={series[at]?.label}>{format.number(count)}</td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </details>
      )}
    </figure>
  );
}
