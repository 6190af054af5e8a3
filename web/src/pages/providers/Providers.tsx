import { Plus, UserCheck } from "lucide-react";

import { useGet } from "../../api/query";
import { pageNames } from "../../frame/pages";
import { useUrl } from "../../routing/search";
import { useMay } from "../../session/permissions";
import { useText } from "../../text/language";
import { words } from "../../text/words";
import { type Column, DataTable } from "../../ui/DataTable";
import { Sign } from "../../ui/Failure";
import { Loaded } from "../../ui/Loaded";
import { Page } from "../../ui/Page";
import { State } from "../../ui/State";
import { commonOf, type Kind, kindOf, type Server } from "./draft";
import { ProviderDialog } from "./ProviderDialog";
import { SignInOrder } from "./SignInOrder";
import { providersText } from "./text";
import "./providers.css";
import { Opener } from "../../ui/Opener";

const KINDS: Kind[] = ["ldap", "saml", "oidc"];
/** Groups that a row names. */
const NAMED = 3;

/** The URL says what is open: a provider by its name, or `new` and a kind. */
function opened(open: string | undefined): { name?: string; kind?: Kind } {
  const [first, second] = (open ?? "").split(" ");
  if (!first) return {};
  const kind = KINDS.find((one) => one === second);
  return first === "new" && kind ? { kind } : { name: first };
}

export function Providers() {
  const t = useText(providersText);
  const w = useText(words);
  const names = useText(pageNames);
  const may = useMay();
  const [url, setUrl] = useUrl();
  const query = useGet("/v1/server");
  const writable = may("authentication", "write");
  const { name, kind } = opened(url.open);
  const server = query.data?.servers.find((one) => one.server_name === name);
  const columns: Column<Server>[] = [
    {
      id: "name",
      title: w.name,
      cell: (one) => <Opener open={one.server_name}>{one.server_name}</Opener>,
    },
    { id: "type", title: w.type, cell: (one) => t.kinds[kindOf(one)] },
    {
      id: "groups",
      title: t.mappedGroups,
      width: "1.6fr",
      cell: (one) => <MappedGroups of={one} />,
    },
    {
      id: "state",
      title: w.state,
      cell: (one) => (
        <State tone={commonOf(one)?.enable ? "good" : "quiet"}>
          {commonOf(one)?.enable ? w.enabled : w.disabled}
        </State>
      ),
    },
  ];
  return (
    <Page
      title={names.providers}
      lead={t.lead}
      actions={
        writable &&
        KINDS.map((one) => (
          <button
            key={one}
            type="button"
            onClick={() => setUrl({ open: `new ${one}` }, { push: true })}
          >
            <Plus aria-hidden size={18} /> {t.add[one]}
          </button>
        ))
      }
    >
      <Loaded query={query} what={names.providers}>
        {({ servers, mappable_roles: roles }) => (
          <div className="stack">
            {servers.length === 0 ? (
              <Sign
                icon={<UserCheck aria-hidden />}
                title={t.none}
                hint={t.noneHint}
                role="status"
              />
            ) : (
              <DataTable
                label={names.providers}
                rows={servers}
                columns={columns}
                rowKey={(one) => one.server_name}
              />
            )}
            <SignInOrder
              directories={servers.filter((one) => one.ldap).map((one) => one.server_name)}
              writable={may("config", "write")}
            />
            {(server || (kind && writable)) && (
              <ProviderDialog
                key={url.open}
                server={server}
                kind={server ? kindOf(server) : (kind ?? "ldap")}
                roles={roles}
                writable={writable}
                onClose={() => setUrl({ open: "" })}
              />
            )}
          </div>
        )}
      </Loaded>
    </Page>
  );
}

/** By their names, each by itself: those of directories have commas of their own. */
function MappedGroups({ of }: { of: Server }) {
  const t = useText(providersText);
  const groups = commonOf(of)?.group_mapped_roles ?? [];
  if (groups.length === 0) return "–";
  return (
    <>
      {groups.slice(0, NAMED).map(({ group }) => (
        <span key={group} className="tag">
          {group}
        </span>
      ))}
      {groups.length > NAMED && <span className="sub">{t.moreGroups(groups.length - NAMED)}</span>}
    </>
  );
}
