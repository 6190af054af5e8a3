import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";

import { useMay } from "../../session/permissions";

/** What names an image, as the way to its page, for whom that may be; whichever registry has it. */
export function ImageLink({ id, children }: { id: string | undefined; children: ReactNode }) {
  const may = useMay();
  if (!id || !may("reg_scan", "read")) return children;
  return (
    <Link to={"/images/$id" as never} params={{ id } as never}>
      {children}
    </Link>
  );
}
