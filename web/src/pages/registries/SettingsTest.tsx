import { useEffect, useRef, useState } from "react";

import { type Schema, send } from "../../api/client";
import { useText } from "../../text/language";
import { Refusal } from "../../ui/Failure";
import type { Config } from "./draft";
import { TestStep } from "./TestStep";
import { registriesText } from "./text";
import "./registries.css";

type Step = Schema<"RegistryTestStep">;

const PATH = "/v1/scan/registry/{name}/test";
const TRANSACTION = "X-Transaction-ID";
const POLL_MS = 500;

/** Runs a test to its end and tells its steps as they come; where nobody waits for it any more, the
 * primary need not go on. */
async function run(
  name: string,
  config: Config,
  signal: AbortSignal,
  tell: (steps: Step[]) => void,
) {
  const target = { path: { name }, signal };
  let response = await send("post", PATH, target, { config });
  const headers = { [TRANSACTION]: response.headers.get(TRANSACTION) ?? "" };
  try {
    for (;;) {
      if (response.status !== 304) {
        tell(((await response.json()) as Schema<"RegistryTestStepData">).steps);
        if (response.status === 200) return;
      }
      await new Promise((done) => setTimeout(done, POLL_MS));
      if (signal.aborted || !headers[TRANSACTION]) return;
      response = await send("post", PATH, { ...target, headers });
    }
  } finally {
    if (signal.aborted) {
      void send("delete", PATH, { path: { name }, headers }).catch(() => undefined);
    }
  }
}

/** Tries the settings that are typed, step by step. */
export function SettingsTest({ name, config }: { name: string; config: Config }) {
  const t = useText(registriesText);
  const [steps, setSteps] = useState<Step[]>([]);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const abort = useRef<AbortController>(undefined);
  // What was said of other settings is not said of these.
  const typed = JSON.stringify([name, config]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: they are what the test is about
  useEffect(() => {
    setSteps([]);
    setError(undefined);
    return () => abort.current?.abort();
  }, [typed]);

  const test = async () => {
    if (busy) return;
    const controller = new AbortController();
    abort.current = controller;
    setBusy(true);
    setSteps([]);
    setError(undefined);
    try {
      await run(name, config, controller.signal, setSteps);
    } catch (cause) {
      if (!controller.signal.aborted) setError(cause);
    }
    if (abort.current === controller) setBusy(false);
  };
  return (
    <fieldset>
      <legend>{t.test}</legend>
      <p className="hint">{t.testRest}</p>
      <div className="toolbar">
        {/* Not disabled while it goes on: whoever pressed it goes on from there. */}
        <button type="button" aria-disabled={busy || undefined} onClick={() => void test()}>
          {busy ? t.testing : t.test}
        </button>
        {busy && (
          <button type="button" onClick={() => abort.current?.abort()}>
            {t.stopTest}
          </button>
        )}
      </div>
      <ol className="steps" aria-live="polite">
        {steps.map((step, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: steps are only ever added
          <TestStep key={at} of={step} />
        ))}
      </ol>
      <Refusal error={error} />
    </fieldset>
  );
}
