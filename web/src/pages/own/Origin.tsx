import { useText } from "../../text/language";
import type { Column } from "../../ui/DataTable";
import { groupsText } from "../groups/text";
import { useOwner } from "./owner";

/** Who made an object: the federation, somebody here, learning. */
export function Origin({ of }: { of: string | undefined }) {
  const t = useText(groupsText);
  return <span className="tag">{t.origins[of as keyof typeof t.origins] ?? of}</span>;
}

/** The column that says whose the rows are, there where they can be of two. */
export function useOriginColumn<Row>(
  of: (row: Row) => string | undefined,
  sort?: string,
): Column<Row>[] {
  const t = useText(groupsText);
  const { cluster } = useOwner();
  if (!cluster) return [];
  return [
    {
      id: "origin",
      title: t.origin,
      ...(sort && { sort }),
      width: "0.8fr",
      cell: (row) => <Origin of={of(row)} />,
    },
  ];
}
