import { get, type Schema } from "../../api/client";
import { useGet, usePages } from "../../api/query";
import { pageNames } from "../../frame/pages";
import { useOpened } from "../../routing/opened";
import { listQuery, useUrl } from "../../routing/search";
import { useMay, useSelf } from "../../session/permissions";
import { useFormat } from "../../text/format";
import { useText } from "../../text/language";
import { words } from "../../text/words";
import { AddButton } from "../../ui/AddButton";
import { Ago } from "../../ui/Ago";
import type { Column } from "../../ui/DataTable";
import { Facet } from "../../ui/Facet";
import { FilterText } from "../../ui/FilterText";
import { Listing } from "../../ui/Listing";
import { Opener } from "../../ui/Opener";
import { Page } from "../../ui/Page";
import { State } from "../../ui/State";
import { useMembers } from "../clusters/members";
import { useRoleName } from "../roles/names";
import { briefly, namesClusters } from "./scope";
import { usersText } from "./text";
import { UserDialog } from "./UserDialog";

export type User = Schema<"User">;

export function Users() {
  const t = useText(usersText);
  const w = useText(words);
  const names = useText(pageNames);
  const roleName = useRoleName();
  const format = useFormat();
  const may = useMay();
  const self = useSelf().data?.user.fullname;
  const [url, setUrl] = useUrl();
  const query = usePages("/v1/user", (answer) => answer.users, {
    query: listQuery(url, "fullname", { type: "role" }),
  });
  // Roles that were made here are chosen by their own names.
  const roles = useGet("/v1/user", { query: { limit: 1 } }).data?.global_roles ?? [];
  const offered = [...new Set([...Object.keys(t.roles), ...roles])].filter(Boolean);
  const named = query.rows?.some((user) => namesClusters(user.access_scope)) ?? false;
  const members = useMembers({ haste: false, enabled: named }).data?.joint_clusters ?? [];
  const columns: Column<User>[] = [
    {
      id: "name",
      title: w.name,
      sort: "fullname",
      width: "1.4fr",
      cell: (user) => (
        <>
          <Opener open={user.fullname}>{user.fullname}</Opener>{" "}
          {user.fullname === self && <span className="tag">{t.you}</span>}
          {user.email && <span className="sub">{user.email}</span>}
        </>
      ),
    },
    {
      id: "role",
      title: t.role,
      sort: "role",
      cell: (user) => (
        <>
          {roleName(user.role)}
          {user.access_scope && <span className="sub">{briefly(user.access_scope, members)}</span>}
          {Object.entries(user.role_domains ?? {}).map(([role, namespaces]) => (
            <span key={role} className="sub">
              {t.rolesThere[role as keyof typeof t.rolesThere] ?? role}
              {w.colon}
              {namespaces.join(", ")}
            </span>
          ))}
        </>
      ),
    },
    {
      id: "login",
      title: t.lastLogin,
      sort: "last_login_timestamp",
      cell: (user) => (user.last_login_timestamp > 0 ? <Ago at={user.last_login_at} /> : w.never),
    },
    {
      id: "count",
      title: t.logins,
      sort: "login_count",
      width: "0.6fr",
      align: "end",
      cell: (user) => format.number(user.login_count),
    },
    { id: "state", title: w.state, cell: (user) => <UserState of={user} /> },
  ];
  const opened = useOpened({
    path: "/v1/user",
    rows: query.rows,
    keyOf: (user) => user.fullname,
    read: async (fullname) => (await get("/v1/user/{fullname}", { path: { fullname } })).user,
  });
  const writable = may("authorization", "write");
  return (
    <Page title={names.users} lead={t.lead} actions={writable && <AddButton text={t.add} />}>
      <div className="toolbar">
        <FilterText />
        <Facet of="type" label={t.role} options={offered.map((role) => [role, roleName(role)])} />
      </div>
      <Listing
        query={query}
        what={names.users}
        columns={columns}
        rowKey={(user) => user.fullname}
        current={(user) => user.fullname === url.open}
        filters={["q", "type"]}
      />
      {(opened || (url.open === "new" && writable)) && (
        <UserDialog
          key={url.open}
          user={opened}
          writable={writable}
          onClose={() => setUrl({ open: "" })}
        />
      )}
    </Page>
  );
}

function UserState({ of }: { of: User }) {
  const t = useText(usersText);
  if (of.blocked_for_failed_login) return <State tone="bad">{t.blocked}</State>;
  if (of.blocked_for_password_expired) return <State tone="bad">{t.expired}</State>;
  if (of.default_password) return <State tone="busy">{t.defaultPassword}</State>;
  return <State tone="good">{t.fine}</State>;
}
