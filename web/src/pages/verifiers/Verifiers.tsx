import { BadgeCheck, Pencil, Plus, Trash2 } from "lucide-react";

import { remove, type Schema } from "../../api/client";
import { useChange, useGet } from "../../api/query";
import { pageNames } from "../../frame/pages";
import { useUrl } from "../../routing/search";
import { holdsForAll, useAllowed } from "../../session/permissions";
import { useText } from "../../text/language";
import { words } from "../../text/words";
import { FirstButton } from "../../ui/AddButton";
import { ConfirmByName } from "../../ui/ConfirmByName";
import { Sign } from "../../ui/Failure";
import { Loaded } from "../../ui/Loaded";
import { Card, Page } from "../../ui/Page";
import { RootDialog } from "./RootDialog";
import { verifiersText } from "./text";
import { VerifierDialog } from "./VerifierDialog";
import "./verifiers.css";

export type Root = Schema<"SigstoreRootOfTrust">;
export type Verifier = Schema<"SigstoreVerifier">;

const ROOT = "/v1/scan/sigstore/root_of_trust/{root_name}";
const VERIFIER = "/v1/scan/sigstore/root_of_trust/{root_name}/verifier/{verifier_name}";

/** The URL says what is open: `action root verifier`. */
function opened(open: string | undefined) {
  const [action = "", root = "", verifier = ""] = (open ?? "").split(" ");
  return { action, root, verifier };
}

export function Verifiers() {
  const t = useText(verifiersText);
  const names = useText(pageNames);
  const [url, setUrl] = useUrl();
  // All at once: each root is set up by hand, so they are few.
  const query = useGet("/v1/scan/sigstore/root_of_trust", { query: { with_verifiers: true } });
  const writable = useAllowed((self) => holdsForAll(self, "reg_scan", "write"));
  const { action, root, verifier } = opened(url.open);
  const close = () => setUrl({ open: "" });
  const open = (...parts: string[]) => setUrl({ open: parts.join(" ") }, { push: true });
  const of = query.data?.roots_of_trust.find((one) => one.name === root);
  const drop = useChange(
    () =>
      verifier
        ? remove(VERIFIER, { path: { root_name: root, verifier_name: verifier } })
        : remove(ROOT, { path: { root_name: root } }),
    { done: t.removed, onDone: close },
  );
  return (
    <Page
      title={names.verifiers}
      lead={t.lead}
      actions={
        writable && (
          <button type="button" className="primary" onClick={() => open("root")}>
            <Plus aria-hidden size={18} /> {t.addRoot}
          </button>
        )
      }
    >
      <Loaded query={query} what={names.verifiers}>
        {({ roots_of_trust: roots }) =>
          roots.length === 0 ? (
            <Sign icon={<BadgeCheck aria-hidden />} title={t.none} hint={t.noneHint} role="status">
              {writable && <FirstButton url={{ open: "root" }} />}
            </Sign>
          ) : (
            <div className="stack">
              {roots.map((one) => (
                <RootCard key={one.name} root={one} writable={writable} open={open} />
              ))}
            </div>
          )
        }
      </Loaded>
      {action === "root" && writable && (!root || of) && <RootDialog root={of} onClose={close} />}
      {action === "verifier" && writable && of && (
        <VerifierDialog
          root={root}
          verifier={of.verifiers?.find((one) => one.name === verifier)}
          onClose={close}
        />
      )}
      {action === "remove" && writable && (
        <ConfirmByName
          title={t.remove}
          name={verifier || root}
          action={t.remove}
          busy={drop.isPending}
          error={drop.error}
          onConfirm={() => drop.mutate()}
          onClose={close}
        >
          <p>{verifier ? t.removeVerifier : t.removeRoot}</p>
        </ConfirmByName>
      )}
    </Page>
  );
}

interface CardProps {
  root: Root;
  writable: boolean;
  open: (...parts: string[]) => void;
}

function RootCard({ root, writable, open }: CardProps) {
  const t = useText(verifiersText);
  const w = useText(words);
  const name = root.name ?? "";
  const edit = (label: string, ...parts: string[]) => (
    <button
      type="button"
      className="plain"
      aria-label={`${w.edit}: ${label}`}
      onClick={() => open(...parts)}
    >
      <Pencil aria-hidden size={16} />
    </button>
  );
  const drop = (label: string, ...parts: string[]) => (
    <button
      type="button"
      className="plain"
      aria-label={`${w.remove}: ${label}`}
      onClick={() => open("remove", ...parts)}
    >
      <Trash2 aria-hidden size={16} />
    </button>
  );
  return (
    <Card
      title={name}
      actions={
        writable && (
          <div className="actions">
            <button type="button" onClick={() => open("verifier", name)}>
              <Plus aria-hidden size={16} /> {t.addVerifier}
            </button>
            {edit(name, "root", name)}
            {drop(name, name)}
          </div>
        )
      }
    >
      <p className="hint">
        {root.is_private ? (root.rootless_keypairs_only ? t.keysOnly : t.isPrivate) : t.isPublic}
        {root.comment && ` · ${root.comment}`}
      </p>
      {(root.verifiers ?? []).length === 0 && <p className="hint">{t.noVerifiers}</p>}
      <ul className="verifiers">
        {(root.verifiers ?? []).map((one) => (
          <li key={one.name}>
            <span>
              <b>{one.name}</b>{" "}
              <span className="tag">{one.verifier_type === "keyless" ? t.keyless : t.keypair}</span>
              <span className="hint">
                {[one.cert_subject, one.cert_issuer, one.comment].filter(Boolean).join(" · ")}
              </span>
            </span>
            {writable && (
              <span>
                {edit(one.name ?? "", "verifier", name, one.name ?? "")}
                {drop(one.name ?? "", name, one.name ?? "")}
              </span>
            )}
          </li>
        ))}
      </ul>
    </Card>
  );
}
