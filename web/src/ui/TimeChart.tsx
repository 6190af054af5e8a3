import { useEffect, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";

import { useDark } from "../frame/theme";
import { useFormat } from "../text/format";
import "./time-chart.css";

interface Props {
  label: string;
  /** What is counted. */
  series: string;
  /** Seconds of a span. */
  span: number;
  starts: number[];
  counts: number[];
}

const HEIGHT_PX = 180;

/** Counts over time as bars, and the same as a table for who cannot see them. */
export default function TimeChart({ label, series, span, starts, counts }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const spanNow = useRef(span);
  spanNow.current = span;
  const dark = useDark();
  const format = useFormat();

  // biome-ignore lint/correctness/useExhaustiveDependencies: the theme's colours are read when the chart is made
  useEffect(() => {
    const element = place.current;
    if (!element) return;
    const style = getComputedStyle(element);
    const [line, text, fill] = ["border-top-color", "color", "accent-color"].map((name) =>
      style.getPropertyValue(name),
    ) as [string, string, string];
    const axis = {
      stroke: text,
      grid: { stroke: line, width: 1 },
      ticks: { stroke: line, width: 1 },
    };
    const bars = uPlot.paths.bars?.({ size: [0.8, 48], align: 1 });
    const chart = new uPlot(
      {
        width: element.clientWidth,
        height: HEIGHT_PX,
        legend: { show: false },
        cursor: { show: false },
        scales: {
          // The newest bar is as wide as the others.
          x: { range: (_, min, max) => [min, max + spanNow.current] },
          y: { range: (_, _min, max) => [0, Math.max(4, max)] },
        },
        axes: [
          { ...axis, values: (_, at) => at.map(format.tick) },
          { ...axis, size: 40, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500] },
        ],
        series: [
          {},
          { fill, stroke: fill, width: 0, points: { show: false }, ...(bars && { paths: bars }) },
        ],
      },
      [[], []],
      element,
    );
    plot.current = chart;
    const observer = new ResizeObserver(() =>
      chart.setSize({ width: element.clientWidth, height: HEIGHT_PX }),
    );
    observer.observe(element);
    return () => {
      observer.disconnect();
      chart.destroy();
      plot.current = undefined;
    };
  }, [dark]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new chart needs the numbers again
  useEffect(() => {
    plot.current?.setData([starts, counts]);
  }, [starts, counts, dark]);

  return (
    <figure className="chart" aria-label={label}>
      <div ref={place} aria-hidden="true" />
      <div className="hidden">
        <table>
          <caption>{label}</caption>
          <tbody>
            {starts.map((start, at) => (
              <tr key={start}>
                <th scope="row">
                  {format.moment(start * 1_000)} – {format.moment((start + span) * 1_000)}
                </th>
                <td>
                  {series}: {format.number(counts[at] ?? 0)}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </figure>
  );
}
