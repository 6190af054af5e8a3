import { Download } from "lucide-react";

import { fileOf, type PathOf, send } from "../api/client";
import { useChange } from "../api/query";
import { useText } from "../text/language";
import { words } from "../text/words";
import { saveAs } from "./saveAs";

interface ExportProps {
  /** The list. */
  path: PathOf<"get">;
  /** What is asked of it. */
  query: Record<string, string | undefined>;
  /** The file, without its ending. */
  name: string;
}

/** Gives all that a question admits as a file, by two buttons. */
export function Export({ path, query, name }: ExportProps) {
  const w = useText(words);
  const exported = useChange(
    async (format: "csv" | "json") => {
      const answer = await send("get", path, { query: { ...query, format } });
      saveAs(`${name}.${format}`, await fileOf(answer));
    },
    { tell: true },
  );
  return (
    <>
      {(["csv", "json"] as const).map((format) => (
        <button
          key={format}
          type="button"
          disabled={exported.isPending}
          onClick={() => exported.mutate(format)}
        >
          <Download aria-hidden size={16} /> {w.exportAs(format.toUpperCase())}
        </button>
      ))}
    </>
  );
}
