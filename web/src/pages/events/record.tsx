import type { Schema } from "../../api/client";
import { useText } from "../../text/language";
import { State, type Tone } from "../../ui/State";
import type { DenyRecord } from "../admission/deciding";
import type { DeedRecord } from "./deed";
import { eventsText } from "./text";

export type FedEvent = Schema<"FedEvent">;

/** What records of all logs may say. */
export interface Detail extends DenyRecord, DeedRecord {
  workload_image?: string;
  image?: string;
  repository?: string;
}

export function detailOf(event: FedEvent): Detail {
  return event.detail as Detail;
}

const TONES: Record<string, Tone> = {
  Info: "quiet",
  Notice: "quiet",
  Warning: "busy",
  Error: "bad",
  Critical: "bad",
};

/** How grave a record is. */
export function Level({ of }: { of: string | undefined }) {
  const t = useText(eventsText);
  const level = of ?? "";
  return (
    <State tone={TONES[level] ?? "quiet"}>
      {t.levels[level as keyof typeof t.levels] ?? level}
    </State>
  );
}

/** The name of a kind of record, for people. */
export function useEventName(): (name: string | undefined) => string {
  const t = useText(eventsText);
  return (name = "") => t.names[name as keyof typeof t.names] ?? name;
}

/** Names one record among those of all clusters, and says where it is found. */
export function keyOf(event: FedEvent): string {
  return `${event.cluster_id}:${event.reported_timestamp}:${event.seq}`;
}

/** The cluster and the second (Unix) of the record of a key. */
export function placeOf(key: string): { cluster: string; at: number } {
  const [cluster = "", at] = key.split(":");
  return { cluster, at: Number(at) || 0 };
}
