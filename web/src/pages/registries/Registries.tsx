import { Link } from "@tanstack/react-router";
import { Boxes } from "lucide-react";

import type { Schema } from "../../api/client";
import { usePages } from "../../api/query";
import { pageNames } from "../../frame/pages";
import { listQuery, useScope, useUrl } from "../../routing/search";
import { holdsForAll, useAllowed } from "../../session/permissions";
import { useText } from "../../text/language";
import { words } from "../../text/words";
import { AddButton, FirstButton } from "../../ui/AddButton";
import type { Column } from "../../ui/DataTable";
import { Sign } from "../../ui/Failure";
import { FilterText } from "../../ui/FilterText";
import { Listing } from "../../ui/Listing";
import { Page } from "../../ui/Page";
import { Progress } from "./Progress";
import { RegistryDialog } from "./RegistryDialog";
import { registriesText } from "./text";

export type Registry = Schema<"RegistrySummary">;

export function Registries() {
  const t = useText(registriesText);
  const w = useText(words);
  const names = useText(pageNames);
  const governs = useAllowed((self) => holdsForAll(self, "fed", "write"));
  const cluster = useScope();
  const [url, setUrl] = useUrl();
  const query = usePages("/v1/scan/registry", (answer) => answer.summarys, {
    cluster,
    query: listQuery(url, "name", {}),
    every: 3_000,
  });
  const columns: Column<Registry>[] = [
    {
      id: "name",
      title: w.name,
      sort: "name",
      width: "1.4fr",
      cell: (registry) => (
        <Link to={"/registries/$name" as never} params={{ name: registry.name } as never}>
          {registry.name}
        </Link>
      ),
    },
    {
      id: "kind",
      title: t.kind,
      sort: "registry_type",
      cell: (registry) => registry.registry_type,
    },
    { id: "address", title: t.address, width: "1.6fr", cell: (registry) => registry.registry },
    {
      id: "state",
      title: w.state,
      sort: "status",
      width: "1.4fr",
      cell: (registry) => <Progress of={registry} />,
    },
  ];
  const writable = governs && !cluster;
  return (
    <Page title={names.registries} lead={t.lead} actions={writable && <AddButton text={t.add} />}>
      <div className="toolbar">
        <FilterText />
      </div>
      <Listing
        query={query}
        what={names.registries}
        columns={columns}
        rowKey={(registry) => registry.name ?? ""}
        empty={
          <Sign icon={<Boxes aria-hidden />} title={t.none} hint={t.noneHint} role="status">
            {writable && <FirstButton />}
          </Sign>
        }
      />
      {url.open === "new" && writable && (
        <RegistryDialog registry={undefined} onClose={() => setUrl({ open: "" })} />
      )}
    </Page>
  );
}
