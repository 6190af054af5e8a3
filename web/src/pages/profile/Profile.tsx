import { useState } from "react";

import { ifStill, patch, patchTagged, type Schema, type Target } from "../../api/client";
import { useChange } from "../../api/query";
import { frameText } from "../../frame/text";
import { useSelf } from "../../session/permissions";
import { useText } from "../../text/language";
import { words } from "../../text/words";
import { Refusal } from "../../ui/Failure";
import { Field } from "../../ui/Field";
import { Loaded } from "../../ui/Loaded";
import { NumberField } from "../../ui/NumberField";
import { Card, Facts, Page } from "../../ui/Page";
import { textOf } from "../clusters/selector";
import { Held } from "../roles/Held";
import { Sessions } from "../users/Sessions";
import { usersText } from "../users/text";

type Self = Schema<"SelfUserData">;

/** One's own account. */
export function Profile() {
  const t = useText(usersText);
  const f = useText(frameText);
  const query = useSelf();
  return (
    <Page title={f.profile} lead={t.profileLead}>
      <Loaded query={query} what={f.profile}>
        {(self) => (
          <div className="cards">
            <Settings key={self.user.fullname} self={self} />
            <ChangePassword fullname={self.user.fullname} />
            <Card title={t.sessions}>
              <Sessions fullname={self.user.fullname} />
            </Card>
            <Permissions self={self} />
          </div>
        )}
      </Loaded>
    </Page>
  );
}

function Settings({ self: { user, password_days_until_expire: days } }: { self: Self }) {
  const t = useText(usersText);
  const w = useText(words);
  const [email, setEmail] = useState(user.email);
  const [minutes, setMinutes] = useState(Math.round(user.timeout / 60));
  const path = { fullname: user.fullname };
  const put = (config: Pick<typeof user, "email" | "timeout">, still?: Target) =>
    patchTagged("/v1/user/{fullname}", { config }, { path, ...still });
  const save = useChange(({ to }: Record<"to" | "from", Parameters<typeof put>[0]>) => put(to), {
    done: w.saved,
    undo: ({ from }, tag) => {
      if (!tag) return undefined;
      return async () => {
        await put(from, ifStill(tag));
        setEmail(from.email);
        setMinutes(Math.round(from.timeout / 60));
      };
    },
  });
  return (
    <Card title={t.account}>
      <Facts
        of={[
          [t.username, user.fullname],
          [t.role, t.roles[user.role as keyof typeof t.roles] ?? user.role],
          [t.passwordEnds, days < 0 ? t.neverEnds : t.inDays(days)],
        ]}
      />
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          const { email: had, timeout } = user;
          save.mutate({ to: { email, timeout: minutes * 60 }, from: { email: had, timeout } });
        }}
      >
        <Field label={t.email}>
          <input type="email" value={email} onChange={(event) => setEmail(event.target.value)} />
        </Field>
        <NumberField label={t.timeout} min={1} max={60} value={minutes} onChange={setMinutes} />
        <Refusal error={save.error} />
        <div className="actions">
          <button type="submit" className="primary" disabled={save.isPending}>
            {w.save}
          </button>
        </div>
      </form>
    </Card>
  );
}

function ChangePassword({ fullname }: { fullname: string }) {
  const t = useText(usersText);
  const [present, setPresent] = useState("");
  const [next, setNext] = useState("");
  const [again, setAgain] = useState("");
  const change = useChange(
    async () => {
      if (next !== again) throw new Error(t.differ);
      const config = { password: present, new_password: next };
      await patch("/v1/user/{fullname}", { config }, { path: { fullname } });
    },
    {
      done: t.passwordChanged,
      onDone: () => {
        setPresent("");
        setNext("");
        setAgain("");
      },
    },
  );
  const field = (label: string, value: string, set: (text: string) => void, complete: string) => (
    <Field label={label}>
      <input
        type="password"
        value={value}
        autoComplete={complete}
        onChange={(event) => set(event.target.value)}
        required
      />
    </Field>
  );
  return (
    <Card title={t.changePassword}>
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          change.mutate();
        }}
      >
        {/* For password keepers. */}
        <input hidden autoComplete="username" value={fullname} readOnly />
        {field(t.present, present, setPresent, "current-password")}
        {field(t.newPassword, next, setNext, "new-password")}
        {field(t.repeat, again, setAgain, "new-password")}
        <Refusal error={change.error} />
        <div className="actions">
          <button type="submit" className="primary" disabled={change.isPending}>
            {t.changePassword}
          </button>
        </div>
      </form>
    </Card>
  );
}

/** What one may do, and where. */
function Permissions({ self }: { self: Self }) {
  const t = useText(usersText);
  const scope = self.user.access_scope;
  const places: [string, string][] = scope
    ? [
        [t.scopeSelector, textOf(scope.cluster_selector)],
        [t.scopeClusters, (scope.clusters ?? []).join(", ")],
        [t.scopeNamespaces, (scope.domains ?? []).join(", ")],
      ]
    : [];
  return (
    <Card title={t.permissions} wide>
      <Held of={self.global_permissions} />
      {Object.entries(self.domain_permissions).map(([namespace, permissions]) => (
        <section key={namespace} aria-label={t.inNamespace(namespace)}>
          <h3>{t.inNamespace(namespace)}</h3>
          <Held of={permissions} />
        </section>
      ))}
      {scope && <Facts of={places.filter(([, text]) => text !== "")} />}
    </Card>
  );
}
