import { get, type Schema } from "../../api/client";
import { usePages } from "../../api/query";
import { pageNames } from "../../frame/pages";
import { useOpened } from "../../routing/opened";
import { listQuery, useUrl } from "../../routing/search";
import { useMay } from "../../session/permissions";
import { useText } from "../../text/language";
import { words } from "../../text/words";
import { AddButton } from "../../ui/AddButton";
import type { Column } from "../../ui/DataTable";
import { FilterText } from "../../ui/FilterText";
import { Listing } from "../../ui/Listing";
import { Opener } from "../../ui/Opener";
import { Page } from "../../ui/Page";
import { Held } from "./Held";
import { useRoleName } from "./names";
import { RoleDialog } from "./RoleDialog";
import { rolesText } from "./text";

export type Role = Schema<"UserRole">;

export function Roles() {
  const t = useText(rolesText);
  const w = useText(words);
  const names = useText(pageNames);
  const may = useMay();
  const roleName = useRoleName();
  const [url, setUrl] = useUrl();
  const query = usePages("/v1/user_role", (answer) => answer.roles, {
    query: listQuery(url, "name", {}),
  });
  const writable = may("authorization", "write");
  const columns: Column<Role>[] = [
    {
      id: "name",
      title: w.name,
      sort: "name",
      cell: (role) => (
        <>
          <Opener open={role.name}>{roleName(role.name)}</Opener>{" "}
          {role.reserved && <span className="tag">{t.reserved}</span>}
          {role.comment && <span className="sub">{role.comment}</span>}
        </>
      ),
    },
    {
      id: "permissions",
      title: t.permissions,
      width: "2.4fr",
      cell: (role) => <Held of={role.permissions} />,
    },
  ];
  const opened = useOpened({
    path: "/v1/user_role",
    rows: query.rows,
    keyOf: (role) => role.name,
    read: async (name) => (await get("/v1/user_role/{name}", { path: { name } })).role,
  });
  return (
    <Page title={names.roles} lead={t.lead} actions={writable && <AddButton text={t.add} />}>
      <div className="toolbar">
        <FilterText />
      </div>
      <Listing
        query={query}
        what={names.roles}
        columns={columns}
        rowKey={(role) => role.name}
        current={(role) => role.name === url.open}
      />
      {(opened || (url.open === "new" && writable)) && (
        <RoleDialog
          key={url.open}
          role={opened}
          writable={writable && !opened?.reserved}
          onClose={() => setUrl({ open: "" })}
        />
      )}
    </Page>
  );
}
