import { useText } from "../../text/language";
import { Field } from "../../ui/Field";
import type { Draft } from "./draft";
import { partsOf } from "./kinds";
import { registriesText } from "./text";

interface Props {
  draft: Draft;
  /** Whether the registry exists, so that it may hold secrets. */
  known: boolean;
  put: (change: Partial<Draft>) => void;
}

type TextField = { [K in keyof Draft]: Draft[K] extends string ? K : never }[keyof Draft];

/** How to log into a registry of this kind. */
export function Credentials({ draft, known, put }: Props) {
  const t = useText(registriesText);
  const parts = partsOf(draft.kind);
  const text = (field: TextField, label: string) => (
    <Field label={label}>
      <input
        value={draft[field]}
        autoComplete="off"
        onChange={(event) => put({ [field]: event.target.value })}
      />
    </Field>
  );
  const secret = (field: TextField, label: string) => (
    <Field label={label} hint={known ? t.keptHint : undefined}>
      <input
        type="password"
        value={draft[field]}
        autoComplete="new-password"
        onChange={(event) => put({ [field]: event.target.value })}
      />
    </Field>
  );
  return (
    <div className="form two">
      {parts.includes("password") && text("username", t.username)}
      {parts.includes("password") && secret("password", t.password)}
      {parts.includes("token") && secret("token", t.authToken)}
      {parts.includes("aws") && (
        <>
          {text("awsId", t.awsId)}
          {text("region", t.region)}
          {secret("accessKey", t.accessKey)}
          {secret("secretKey", t.secretKey)}
        </>
      )}
      {parts.includes("gcr") && secret("jsonKey", t.gcr)}
      {parts.includes("jfrog") && (
        <Field label={t.jfrogMode}>
          <select
            value={draft.jfrogMode}
            onChange={(event) => put({ jfrogMode: event.target.value })}
          >
            {["Repository Path", "Subdomain", "Port"].map((mode) => (
              <option key={mode}>{mode}</option>
            ))}
          </select>
        </Field>
      )}
      {parts.includes("gitlab") && text("gitlabUrl", t.gitlabUrl)}
      {parts.includes("gitlab") && secret("gitlabToken", t.gitlabToken)}
      {parts.includes("ibm") && text("ibmUrl", t.ibmUrl)}
      {parts.includes("ibm") && text("ibmAccount", t.ibmAccount)}
    </div>
  );
}
