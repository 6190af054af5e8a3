// DLP and WAF sensors have the same form and differ by their paths.

import { get, patch, post, remove, type Schema, type Target } from "../../api/client";
import { usePages } from "../../api/query";
import { everyRow } from "../../transfer/everyRow";

export type Kind = "dlp" | "waf";
export type Sensor = Schema<"Sensor">;
export type SensorRule = Schema<"SensorRule">;
export type SensorGroup = Schema<"SensorGroup">;
export type SensorConfig = Schema<"SensorConfig">;
export type SensorGroupConfig = Schema<"SensorGroupConfig">;

type Options = Pick<Target, "cluster" | "query">;

export function useSensors(kind: Kind, options: Options) {
  return usePages(
    kind === "dlp" ? "/v1/dlp/sensor" : "/v1/waf/sensor",
    (answer) => answer.sensors,
    options,
  );
}

export async function readSensor(kind: Kind, name: string, cluster: string | undefined) {
  const of = { path: { name }, cluster };
  const path = kind === "dlp" ? "/v1/dlp/sensor/{name}" : "/v1/waf/sensor/{name}";
  return (await get(path, of)).sensor;
}

/** The sensors that an export can hold; none where there is none. */
export async function namesOfAll(kind: Kind, owned: Target) {
  const path = kind === "dlp" ? "/v1/dlp/sensor" : "/v1/waf/sensor";
  const sensors = await everyRow(path, owned, (answer) => answer.sensors);
  const names = sensors.filter((one) => !one.predefine).map((one) => one.name ?? "");
  return names.length > 0 ? { names } : undefined;
}

export function useSensorGroups(kind: Kind, options: Options) {
  const of = (one: Kind) => ({ ...options, enabled: kind === one });
  const dlp = usePages("/v1/dlp/group", (answer) => answer.dlp_groups, of("dlp"));
  const waf = usePages("/v1/waf/group", (answer) => answer.waf_groups, of("waf"));
  return kind === "dlp" ? dlp : waf;
}

export async function readSensorGroup(kind: Kind, name: string, cluster: string | undefined) {
  const of = { path: { name }, cluster };
  return kind === "dlp"
    ? (await get("/v1/dlp/group/{name}", of)).dlp_group
    : (await get("/v1/waf/group/{name}", of)).waf_group;
}

export async function createSensor(kind: Kind, config: SensorConfig, owned: Target) {
  if (kind === "dlp") await post("/v1/dlp/sensor", { config }, owned);
  else await post("/v1/waf/sensor", { config }, owned);
}

export async function changeSensor(kind: Kind, config: SensorConfig, owned: Target) {
  const target = { ...owned, path: { name: config.name ?? "" } };
  if (kind === "dlp") await patch("/v1/dlp/sensor/{name}", { config }, target);
  else await patch("/v1/waf/sensor/{name}", { config }, target);
}

export async function removeSensor(kind: Kind, name: string, owned: Target) {
  const target = { ...owned, path: { name } };
  if (kind === "dlp") await remove("/v1/dlp/sensor/{name}", target);
  else await remove("/v1/waf/sensor/{name}", target);
}

export async function changeSensorGroup(kind: Kind, config: SensorGroupConfig, owned: Target) {
  const target = { ...owned, path: { name: config.name ?? "" } };
  if (kind === "dlp") await patch("/v1/dlp/group/{name}", { config }, target);
  else await patch("/v1/waf/group/{name}", { config }, target);
}
