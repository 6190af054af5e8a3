import { CircleAlert, CircleCheck } from "lucide-react";

import type { Schema } from "../../api/client";
import { useFormat } from "../../text/format";
import { useText } from "../../text/language";
import { words } from "../../text/words";
import { registriesText } from "./text";

/** One step of the test of a registry: what was done, and how it went. */
export function TestStep({ of }: { of: Schema<"RegistryTestStep"> }) {
  const t = useText(registriesText);
  const w = useText(words);
  const format = useFormat();
  const failed = of.step_type === "error";
  const step = t.testSteps[of.step]?.(of.subject ?? "");
  const outcome = failed
    ? t.testErrors[of.error_code ?? 0]
    : of.count != null && t.testFound(format.number(of.count));
  const Icon = failed ? CircleAlert : CircleCheck;
  // A newer server may do and tell what is not known here.
  const known = step !== undefined && (!failed || outcome);
  return (
    <li className={failed ? "failed" : undefined}>
      <Icon aria-hidden size={16} />
      <span>
        {known ? [step, outcome].filter(Boolean).join(w.colon) : of.step_content}
        {known && failed && of.error && <span className="sub">{of.error}</span>}
      </span>
    </li>
  );
}
