import { useText } from "../../text/language";
import { groupsText } from "./text";

/** Who made an object: the federation, somebody here, learning. */
export function Origin({ of }: { of: string | undefined }) {
  const t = useText(groupsText);
  return <span className="tag">{t.origins[of as keyof typeof t.origins] ?? of}</span>;
}
