import { catalogue, useText } from "../text/language";

export const severityText = catalogue({
  en: { Critical: "Critical", High: "High", Medium: "Medium", Low: "Low", Unknown: "Unknown" },
  zh: { Critical: "严重", High: "高危", Medium: "中危", Low: "低危", Unknown: "未知" },
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
          title={`${name(severity)}: ${count}`}
        >
          <span className="hidden">{`${name(severity)}: `}</span>
          {count}
        </span>
      ))}
    </span>
  );
}
