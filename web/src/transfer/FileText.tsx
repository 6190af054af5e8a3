import { useText } from "../text/language";
import { Field } from "../ui/Field";
import { FileInput } from "../ui/FileInput";
import { transferText } from "./text";

interface Props {
  text: string;
  onText: (text: string) => void;
  /** The name of the file that it is from, kept where the fields go and come back. */
  file?: string;
  onFile?: (name: string) => void;
  /** Endings of files, with commas between. */
  accept: string;
  /** What the text is written in. */
  label?: string;
  hint?: string;
}

/** A text that is read from a file, typed or pasted. */
export function FileText({ text, onText, file, onFile, accept, label, hint }: Props) {
  const t = useText(transferText);
  return (
    <>
      <Field label={t.file}>
        <FileInput
          accept={accept}
          chosen={file}
          onFile={(chosen) => {
            onFile?.(chosen?.name ?? "");
            void chosen?.text().then(onText);
          }}
        />
      </Field>
      <Field label={label ?? t.content} hint={hint}>
        <textarea
          rows={14}
          value={text}
          spellCheck={false}
          onChange={(event) => onText(event.target.value)}
          required
        />
      </Field>
    </>
  );
}
