import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";

import { useMayRead } from "./members";

/** What names a member, as the way to its page, for whom that may be. */
export function ClusterLink({ id, children }: { id: string; children: ReactNode }) {
  if (!useMayRead() || !id) return children;
  return (
    <Link to={"/clusters/$id" as never} params={{ id } as never}>
      {children}
    </Link>
  );
}

interface Record {
  cluster_id: string;
  cluster_name: string;
}

/** The cluster that a record is from; the primary itself has no page among the members. */
export function ClusterOf({ record, name }: { record: Record; name: (of: Record) => string }) {
  const id = record.cluster_name ? record.cluster_id : "";
  return <ClusterLink id={id}>{name(record)}</ClusterLink>;
}
