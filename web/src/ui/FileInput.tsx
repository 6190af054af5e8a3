import { useState } from "react";

import { useText } from "../text/language";
import { seen } from "../text/turns";
import { words } from "../text/words";

interface Props {
  accept?: string;
  required?: boolean;
  /** The name of the file that was chosen before, where this one comes back. */
  chosen?: string | undefined;
  onFile: (file: File | undefined) => void;
  "aria-describedby"?: string;
}

/** Takes a file, chosen or dropped here. A browser's own control speaks the browser's language. */
export function FileInput({ chosen = "", onFile, ...input }: Props) {
  const w = useText(words);
  const [name, setName] = useState(chosen);
  return (
    <span className="file" data-choose={w.chooseFile} data-chosen={seen(name) || w.noFile}>
      <input
        {...input}
        type="file"
        onChange={(event) => {
          const file = event.target.files?.[0];
          setName(file?.name ?? "");
          onFile(file);
        }}
      />
    </span>
  );
}
