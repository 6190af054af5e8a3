import { KeyRound } from "lucide-react";
import { remove, type Schema } from "../../api/client";
import { useChange, usePages } from "../../api/query";
import { pageNames } from "../../frame/pages";
import { listQuery, useUrl } from "../../routing/search";
import { useMay } from "../../session/permissions";
import { useFormat } from "../../text/format";
import { useText } from "../../text/language";
import { timeNow } from "../../text/now";
import { words } from "../../text/words";
import { AddButton, FirstButton } from "../../ui/AddButton";
import { Ago } from "../../ui/Ago";
import { ConfirmByName } from "../../ui/ConfirmByName";
import type { Column } from "../../ui/DataTable";
import { Sign } from "../../ui/Failure";
import { FilterText } from "../../ui/FilterText";
import { Listing } from "../../ui/Listing";
import { Page } from "../../ui/Page";
import { State } from "../../ui/State";
import { useRoleName } from "../roles/names";
import { ApiKeyDialog } from "./ApiKeyDialog";
import { apiKeysText } from "./text";

type ApiKey = Schema<"ApiKey">;

export function ApiKeys() {
  const t = useText(apiKeysText);
  const w = useText(words);
  const names = useText(pageNames);
  const format = useFormat();
  const may = useMay();
  const roleName = useRoleName();
  const [url, setUrl] = useUrl();
  const writable = may("authorization", "write");
  const query = usePages("/v1/api_key", (answer) => answer.apikeys, {
    query: listQuery(url, "apikey_name", {}),
  });
  const close = () => setUrl({ open: "", name: "" });
  const name = url.name ?? "";
  const drop = useChange(() => remove("/v1/api_key/{name}", { path: { name } }), {
    done: t.removed,
    onDone: close,
  });
  const moment = (seconds: number) => (seconds > 0 ? <Ago at={seconds * 1_000} /> : w.never);
  const columns: Column<ApiKey>[] = [
    {
      id: "name",
      title: w.name,
      sort: "apikey_name",
      width: "1.5fr",
      cell: (key) => (
        <>
          {key.apikey_name}
          {key.description && <span className="sub">{key.description}</span>}
        </>
      ),
    },
    { id: "role", title: t.role, sort: "role", cell: (key) => roleName(key.role) },
    {
      id: "until",
      title: t.validUntil,
      sort: "expiration_timestamp",
      width: "1.3fr",
      cell: (key) => {
        const until = key.expiration_timestamp * 1_000;
        if (until <= 0 || key.expiration_type === "never") return t.lifetimes.never;
        if (until < timeNow()) return <State tone="bad">{t.expired}</State>;
        return format.moment(until);
      },
    },
    {
      id: "used",
      title: t.lastUsed,
      sort: "last_used_timestamp",
      cell: (key) => moment(key.last_used_timestamp),
    },
    {
      id: "by",
      title: t.createdBy,
      sort: "created_by_entity",
      cell: (key) => key.created_by_entity,
    },
    ...(writable
      ? [
          {
            id: "remove",
            title: w.remove,
            width: "0.6fr",
            align: "end" as const,
            cell: (key: ApiKey) => (
              <button
                type="button"
                className="link"
                aria-label={`${w.remove}: ${key.apikey_name}`}
                onClick={() => setUrl({ open: "remove", name: key.apikey_name })}
              >
                {w.remove}
              </button>
            ),
          },
        ]
      : []),
  ];
  return (
    <Page title={names.apiKeys} lead={t.lead} actions={writable && <AddButton text={t.add} />}>
      <div className="toolbar">
        <FilterText />
      </div>
      <Listing
        query={query}
        what={names.apiKeys}
        columns={columns}
        rowKey={(key) => key.apikey_name}
        empty={
          <Sign icon={<KeyRound aria-hidden />} title={t.none} hint={t.noneHint} role="status">
            {writable && <FirstButton />}
          </Sign>
        }
      />
      {url.open === "new" && writable && <ApiKeyDialog onClose={close} />}
      {url.open === "remove" && writable && (
        <ConfirmByName
          title={t.remove}
          name={name}
          action={w.remove}
          busy={drop.isPending}
          error={drop.error}
          onConfirm={() => drop.mutate()}
          onClose={close}
        >
          <p>{t.removeText}</p>
        </ConfirmByName>
      )}
    </Page>
  );
}
