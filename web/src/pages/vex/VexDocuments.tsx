import { FileCheck, Upload } from "lucide-react";

import { get, type Schema } from "../../api/client";
import { usePages } from "../../api/query";
import { useOpened } from "../../routing/opened";
import { listQuery, useUrl } from "../../routing/search";
import { useMay } from "../../session/permissions";
import { useFormat } from "../../text/format";
import { useText } from "../../text/language";
import { FirstButton } from "../../ui/AddButton";
import type { Column } from "../../ui/DataTable";
import { Facet } from "../../ui/Facet";
import { Sign } from "../../ui/Failure";
import { FilterText } from "../../ui/FilterText";
import { Listing } from "../../ui/Listing";
import { Opener } from "../../ui/Opener";
import { vexText } from "./text";
import { UploadDialog } from "./UploadDialog";
import { VexPanel } from "./VexPanel";

export type VexDocument = Schema<"VexDocument">;

/** The documents that say what does no harm. */
export function VexDocuments() {
  const t = useText(vexText);
  const format = useFormat();
  const may = useMay();
  const [url, setUrl] = useUrl();
  const query = usePages("/v1/fed/vex", (answer) => answer.documents, {
    query: listQuery(url, "document", { type: "format" }),
  });
  const opened = useOpened({
    path: "/v1/fed/vex",
    rows: query.rows,
    keyOf: (one) => String(one.id),
    read: async (id) => (await get("/v1/fed/vex", { query: { f_id: id } })).documents[0],
  });
  const writable = may("vulnerability", "write");
  const columns: Column<VexDocument>[] = [
    {
      id: "document",
      title: t.document,
      sort: "document",
      width: "2fr",
      cell: (one) => (
        <>
          <Opener open={String(one.id)}>{one.document}</Opener>
          {one.author && <span className="sub">{one.author}</span>}
        </>
      ),
    },
    {
      id: "format",
      title: t.format,
      width: "0.7fr",
      cell: (one) => t.formats[one.format] ?? one.format,
    },
    {
      id: "statements",
      title: t.statements,
      sort: "statements",
      width: "0.6fr",
      align: "end",
      cell: (one) => format.number(one.statements),
    },
    {
      id: "issued",
      title: t.issued,
      cell: ({ issued_timestamp: at }) => (at ? format.moment(at * 1_000) : "–"),
    },
    {
      id: "uploaded",
      title: t.uploaded,
      sort: "uploaded_timestamp",
      cell: (one) => (
        <>
          {format.moment(one.uploaded_timestamp * 1_000)}
          <span className="sub">{one.uploaded_by}</span>
        </>
      ),
    },
  ];
  return (
    <>
      <p className="hint">{t.lead}</p>
      <div className="toolbar">
        <FilterText label={t.document} />
        <Facet of="type" label={t.format} options={Object.entries(t.formats)} />
        {writable && (
          <button
            type="button"
            className="primary"
            onClick={() => setUrl({ open: "new" }, { push: true })}
          >
            <Upload aria-hidden size={18} /> {t.upload}
          </button>
        )}
      </div>
      <Listing
        query={query}
        filters={["q", "type"]}
        what={t.title}
        columns={columns}
        rowKey={(one) => String(one.id)}
        current={(one) => String(one.id) === url.open}
        empty={
          <Sign icon={<FileCheck aria-hidden />} title={t.none} hint={t.noneHint} role="status">
            {writable && <FirstButton text={t.upload} />}
          </Sign>
        }
      />
      {opened && <VexPanel of={opened} writable={writable} onClose={() => setUrl({ open: "" })} />}
      {writable && url.open === "new" && <UploadDialog onClose={() => setUrl({ open: "" })} />}
    </>
  );
}
