import { useText } from "../text/language";
import { allSeen } from "../text/turns";
import { words } from "../text/words";

/** Below fields without a label in sight: what they hold that turns its writing around, with every
 * sign of it seen. */
export function WrittenOut({ of }: { of: unknown[] }) {
  const w = useText(words);
  const texts = of.filter((value) => typeof value === "string");
  const turned = [...new Set(texts)].filter((text) => allSeen(text) !== text);
  return turned.map((text) => (
    <span key={text} className="hint">
      {w.writtenOut(allSeen(text))}
    </span>
  ));
}
