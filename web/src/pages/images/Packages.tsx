import { Link } from "@tanstack/react-router";

import { useUrl } from "../../routing/search";
import { useText } from "../../text/language";
import { words } from "../../text/words";
import type { Column } from "../../ui/DataTable";
import { FilterText } from "../../ui/FilterText";
import { Listing } from "../../ui/Listing";
import type { Module } from "./selection";
import { imagesText } from "./text";

/** What is installed in an image. */
export function Packages({ all }: { all: Module[] }) {
  const t = useText(imagesText);
  const w = useText(words);
  const [url] = useUrl();
  const text = url.q?.toLowerCase() ?? "";
  const rows = all.filter((one) => one.name?.toLowerCase().includes(text));
  if (url.sort) {
    const sign = url.sort.startsWith("-") ? -1 : 1;
    rows.sort((a, b) => sign * ((a.cves?.length ?? 0) - (b.cves?.length ?? 0)));
  }
  const columns: Column<Module>[] = [
    { id: "name", title: t.package, width: "1.6fr", cell: (one) => one.name },
    { id: "version", title: w.version, width: "1.2fr", cell: (one) => one.version },
    { id: "source", title: t.source, cell: (one) => one.source },
    { id: "file", title: t.file, width: "1.6fr", cell: (one) => <code>{one.file}</code> },
    {
      id: "cves",
      title: t.cves,
      sort: "cves",
      width: "1.4fr",
      cell: (one) =>
        (one.cves ?? []).map((cve) => (
          <Link
            key={cve.name}
            className="tag"
            to={"/vulnerabilities" as never}
            search={{ open: cve.name } as never}
          >
            {cve.name}
          </Link>
        )),
    },
  ];
  return (
    <>
      <div className="toolbar">
        <FilterText label={t.package} />
      </div>
      <Listing
        query={{ rows, error: null, isPending: false, refetch: () => undefined }}
        what={t.tabs.packages}
        columns={columns}
        rowKey={(one) => `${one.name} ${one.version} ${one.file}`}
      />
    </>
  );
}
