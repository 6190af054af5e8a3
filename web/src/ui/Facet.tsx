import { type SearchKey, useUrl } from "../routing/search";
import { useText } from "../text/language";
import { words } from "../text/words";

interface Props {
  /** Where the URL keeps the choice. */
  of: SearchKey;
  label: string;
  options: [value: string, text: string][];
}

/** Limits a list to one value of a field. */
export function Facet({ of, label, options }: Props) {
  const [url, setUrl] = useUrl();
  const w = useText(words);
  const chosen = url[of] ?? "";
  // A link may name one that is not offered here: the list is limited to it all the same.
  const isOffered = !chosen || options.some(([value]) => value === chosen);
  return (
    <label className="facet">
      <span>{label}</span>
      <select value={chosen} onChange={(event) => setUrl({ [of]: event.target.value })}>
        <option value="">{w.all}</option>
        {!isOffered && <option value={chosen}>{chosen}</option>}
        {options.map(([value, text]) => (
          <option key={value} value={value}>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
}
