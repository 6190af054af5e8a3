import { useFormat } from "../text/format";
import { catalogue, useText } from "../text/language";

export const severityText = catalogue({
  en: { Critical: "Critical", High: "High", Medium: "Medium", Low: "Low", Unknown: "Unknown" },
  zh: { Critical: "严重", High: "高危", Medium: "中危", Low: "低危", Unknown: "未知" },
});

/** In little room. */
const initials = catalogue({
  en: { Critical: "C", High: "H", Medium: "M" },
  zh: { Critical: "严", High: "高", Medium: "中" },
});

export const SEVERITIES = ["Critical", "High", "Medium", "Low"] as const;
type Known = keyof (typeof severityText)["en"];

export function useSeverityName(): (severity: string | undefined) => string {
  const names = useText(severityText);
  return (severity) => names[severity as Known] ?? severity ?? names.Unknown;
}

/** A severity: word, letter-shaped mark and colour. */
export function Severity({ of }: { of: string | undefined }) {
  const name = useSeverityName();
  return <span className={`severity ${(of ?? "").toLowerCase()}`}>{name(of)}</span>;
}

interface CountsProps {
  critical?: number | undefined;
  high?: number | undefined;
  medium?: number | undefined;
}

/** How many findings there are of each severity. */
export function SeverityCounts({ critical = 0, high = 0, medium = 0 }: CountsProps) {
  const name = useSeverityName();
  const initial = useText(initials);
  const format = useFormat();
  const counts = [
    ["Critical", critical],
    ["High", high],
    ["Medium", medium],
  ] as const;
  return (
    <span className="counts">
      {counts.map(([severity, count]) => (
        <span
          key={severity}
          className={`count ${count ? severity.toLowerCase() : "zero"}`}
          title={`${name(severity)}: ${format.number(count)}`}
        >
          <span className="hidden">{`${name(severity)}: `}</span>
          <span aria-hidden="true">{initial[severity]} </span>
          {format.number(count)}
        </span>
      ))}
    </span>
  );
}
