import { CircleCheck } from "lucide-react";
import { type KeyboardEvent, useState } from "react";

import { post, type Schema } from "../../api/client";
import { useText } from "../../text/language";
import { Refusal } from "../../ui/Failure";
import { Field } from "../../ui/Field";
import { useDetailed } from "./detailText";
import { type Draft, settingsOf } from "./draft";
import { noteText } from "./noteText";
import { providersText } from "./text";

/** Tries what is typed; tells the groups of the user, or which step failed. */
export function ProviderTest({ draft, known }: { draft: Draft; known: boolean }) {
  const t = useText(providersText);
  const [username, setUsername] = useState("");
  const [password, setPassword] = useState("");
  const [response, setResponse] = useState("");
  const [busy, setBusy] = useState(false);
  const [result, setResult] = useState<Schema<"ServerTestResult">>();
  const [error, setError] = useState<unknown>();
  const { kind } = draft;
  const notes = useText(noteText);
  const detailed = useDetailed();

  const test = async () => {
    if (busy) return;
    setBusy(true);
    setResult(undefined);
    setError(undefined);
    const redirect = `${location.origin}/v1/token_auth_server/${draft.name}/acs`;
    const tried = {
      ...(known && { name: draft.name }),
      [kind]: settingsOf(draft),
      ...(kind === "ldap" && { test_ldap: { username, password } }),
      ...(kind === "saml" && { test_saml: { response, redirect_endpoint: redirect } }),
    } as Schema<"ServerTest">;
    try {
      setResult((await post("/v1/debug/server/test", { test: tried })).result);
    } catch (cause) {
      setError(cause);
    }
    setBusy(false);
  };
  /** Whoever tries a user's password does not mean to save the provider. */
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Enter" || event.nativeEvent.isComposing) return;
    event.preventDefault();
    void test();
  };
  return (
    <fieldset>
      <legend>{t.test}</legend>
      <p className="hint">{{ ldap: t.testLdap, saml: t.testSaml, oidc: t.testOidc }[kind]}</p>
      {kind === "ldap" && (
        <div className="form two">
          <Field label={t.username}>
            <input
              value={username}
              autoComplete="off"
              onChange={(event) => setUsername(event.target.value)}
              onKeyDown={onKeyDown}
            />
          </Field>
          <Field label={t.password}>
            <input
              type="password"
              value={password}
              autoComplete="new-password"
              onChange={(event) => setPassword(event.target.value)}
              onKeyDown={onKeyDown}
            />
          </Field>
        </div>
      )}
      {kind === "saml" && (
        <Field label={t.response}>
          <textarea
            rows={3}
            value={response}
            spellCheck={false}
            onChange={(event) => setResponse(event.target.value)}
          />
        </Field>
      )}
      <div>
        {/* Not disabled while it goes on: whoever pressed it goes on from there. */}
        <button type="button" aria-disabled={busy || undefined} onClick={() => void test()}>
          {busy ? t.testing : t.test}
        </button>
      </div>
      {result && (
        <div role="status">
          <p className="tried">
            <CircleCheck aria-hidden size={16} />{" "}
            {result.groups.length > 0 ? t.inGroups(result.groups.join(", ")) : t.fine}
          </p>
          {result.notes?.map((note, at) => (
            <p key={note} className="hint">
              {notes[result.note_codes?.[at] ?? ""] ?? note}
            </p>
          ))}
        </div>
      )}
      <Refusal error={detailed(error)} />
    </fieldset>
  );
}
