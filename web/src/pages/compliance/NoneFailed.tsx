import { Link } from "@tanstack/react-router";
import { ClipboardCheck, ScanSearch } from "lucide-react";

import { pageNames } from "../../frame/pages";
import { useText } from "../../text/language";
import { Sign } from "../../ui/Failure";
import { Loaded } from "../../ui/Loaded";
import type { useCoverage } from "./coverage";
import { complianceText } from "./text";

/** In the place of an empty list: whether all is well, or nothing was looked at. */
export function NoneFailed({ coverage }: { coverage: ReturnType<typeof useCoverage> }) {
  const t = useText(complianceText);
  const names = useText(pageNames);
  return (
    <Loaded query={coverage} what={names.images}>
      {(checked) => {
        if (checked === "all scanned" || checked === "some scanned") {
          return (
            <Sign
              icon={<ClipboardCheck aria-hidden />}
              title={t.none}
              hint={t.noneHint}
              role="status"
            />
          );
        }
        const runs = checked === "nothing scanned";
        return (
          <Sign
            icon={<ScanSearch aria-hidden />}
            title={t.unchecked}
            hint={runs ? t.nothingScanned : t.nothingRuns}
            role="status"
          >
            {runs && <Link to={"/registries" as never}>{names.registries}</Link>}
          </Sign>
        );
      }}
    </Loaded>
  );
}
