import { FileDown } from "lucide-react";
import { useState } from "react";

import { fileOf, send } from "../../api/client";
import { useChange } from "../../api/query";
import { useText } from "../../text/language";
import { Dialog } from "../../ui/Dialog";
import { Refusal } from "../../ui/Failure";
import { saveAs } from "../../ui/saveAs";
import { imagesText } from "./text";

/** The forms that are offered, and what their files end with. */
const FORMS = [
  ["cyclonedx", "CycloneDX 1.6", "cdx.json"],
  ["spdx", "SPDX 2.3", "spdx.json"],
  ["spdx3", "SPDX 3.0", "spdx3.json"],
] as const;

interface Props {
  path: { name: string; id: string };
  /** The image, `repository:tag`. */
  image: string;
}

/** Gives the bill of materials of an image as a file. */
export function SbomDownload({ path, image }: Props) {
  const t = useText(imagesText);
  const [open, setOpen] = useState(false);
  const download = useChange(
    async ([format, , ending]: (typeof FORMS)[number]) => {
      const call = "/v1/scan/registry/{name}/image/{id}/sbom";
      const answer = await send("get", call, { path, query: { format } });
      saveAs(`${image.replace(/[^\w.]/g, "-")}.${ending}`, await fileOf(answer));
    },
    { onDone: () => setOpen(false) },
  );
  return (
    <>
      <button type="button" aria-haspopup="dialog" onClick={() => setOpen(true)}>
        <FileDown aria-hidden size={16} /> {t.sbom}
      </button>
      {open && (
        <Dialog title={t.sbom} onClose={() => setOpen(false)}>
          <p>{t.sbomText}</p>
          <Refusal error={download.error} />
          <div className="actions">
            {FORMS.map((form) => (
              <button
                key={form[0]}
                type="button"
                disabled={download.isPending}
                onClick={() => download.mutate(form)}
              >
                {form[1]}
              </button>
            ))}
          </div>
        </Dialog>
      )}
    </>
  );
}
