import { useText } from "../text/language";
import { transferText } from "./text";

/** What of a file is not so afterwards; nothing where all is. */
export function LeftOut({ of }: { of: string[] }) {
  const t = useText(transferText);
  if (of.length === 0) return null;
  return (
    <>
      <p>{t.leftOut}</p>
      <ul>
        {of.map((what) => (
          <li key={what}>{what}</li>
        ))}
      </ul>
    </>
  );
}
