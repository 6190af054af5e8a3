import { useEffect, useState } from "react";

import { send } from "../../api/client";
import { useChange } from "../../api/query";
import { useScope, useUrl } from "../../routing/search";
import { useFormat } from "../../text/format";
import { useText } from "../../text/language";
import { words } from "../../text/words";
import { Refusal } from "../../ui/Failure";
import { Field } from "../../ui/Field";
import { FileInput } from "../../ui/FileInput";
import { isConnected, useSomeInScope } from "../clusters/members";
import { Assessed, type Assessment } from "./Assessed";
import { admissionText } from "./text";

const PATH = "/v1/assess/admission/rule";
/** What agents take. */
const MOST_BYTES = 4 * 1_024 * 1_024;
const EXAMPLE = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: orders
  namespace: shop
spec:
  template:
    spec:
      containers:
        - name: orders
          image: registry.example/shop/orders:v1
          securityContext:
            privileged: true
`;

/** Asks a cluster what its rules would say about a manifest, before anybody applies it. */
export function RuleTester() {
  const t = useText(admissionText);
  const w = useText(words);
  const format = useFormat();
  const scope = useScope();
  const [url, setUrl] = useUrl();
  const [manifest, setManifest] = useState("");
  const [tooLarge, setTooLarge] = useState(false);
  const { members: some, more } = useSomeInScope();
  const members = some.filter(isConnected);
  const wanted = scope ?? url.cluster;
  const cluster = members.find((one) => one.id === wanted) ?? (wanted ? undefined : members[0]);
  const assess = useChange(async (id: string) => {
    const body = new Blob([manifest], { type: "application/yaml" });
    const answer = await send("post", PATH, { cluster: id }, body);
    return { cluster: id, assessment: (await answer.json()) as Assessment };
  });
  const { reset } = assess;
  // What was said of another manifest or cluster is not said of this one.
  // biome-ignore lint/correctness/useExhaustiveDependencies: they are what the answer was about
  useEffect(reset, [manifest, cluster?.id]);
  return (
    <div className="stack">
      <p className="lead">{t.tryLead}</p>
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          if (cluster) assess.mutate(cluster.id);
        }}
      >
        <div className="form two">
          <Field label={w.cluster} hint={more ? t.tryClusterMore : t.tryClusterHint}>
            <select
              value={cluster?.id ?? ""}
              disabled={scope !== undefined}
              onChange={(event) => setUrl({ cluster: event.target.value })}
              required
            >
              {!cluster && <option value="">–</option>}
              {members.map((one) => (
                <option key={one.id} value={one.id}>
                  {one.name}
                </option>
              ))}
            </select>
          </Field>
          <Field label={t.tryFile}>
            <FileInput
              accept=".yaml,.yml,.json"
              onFile={(file) => {
                setTooLarge((file?.size ?? 0) > MOST_BYTES);
                if (file && file.size <= MOST_BYTES) void file.text().then(setManifest);
              }}
            />
          </Field>
        </div>
        <Field label={t.manifest} hint={t.manifestHint}>
          <textarea
            rows={14}
            value={manifest}
            spellCheck={false}
            onChange={(event) => setManifest(event.target.value)}
            required
          />
        </Field>
        <Refusal
          error={tooLarge ? new Error(t.tooLarge(format.bytes(MOST_BYTES))) : assess.error}
        />
        <div className="actions">
          <button type="button" onClick={() => setManifest(EXAMPLE)}>
            {t.example}
          </button>
          <button type="submit" className="primary" disabled={!cluster || assess.isPending}>
            {assess.isPending ? t.trying : t.tryIt}
          </button>
        </div>
      </form>
      {assess.data && cluster && (
        <Assessed
          assessment={assess.data.assessment}
          cluster={assess.data.cluster}
          name={cluster.name}
        />
      )}
    </div>
  );
}
