import { X } from "lucide-react";

import { useChange } from "../../api/query";
import { pageNames } from "../../frame/pages";
import { objectQuery, useUrl } from "../../routing/search";
import { useText } from "../../text/language";
import { words } from "../../text/words";
import type { Column } from "../../ui/DataTable";
import { Refusal } from "../../ui/Failure";
import { FilterText } from "../../ui/FilterText";
import { Listing } from "../../ui/Listing";
import { useOriginColumn } from "../own/Origin";
import { owns, useOwner } from "../own/owner";
import { useOwnedText } from "../own/text";
import {
  changeSensorGroup,
  type Kind,
  readSensorGroup,
  type SensorGroup,
  useSensorGroups,
  useSensors,
} from "./kind";
import { sensorsText } from "./text";

/** A sensor that a group uses. */
interface Use {
  group: string;
  sensor: NonNullable<SensorGroup["sensors"]>[number];
}

/** Which groups use which sensors, and whether they deny. */
export function SensorGroups({ kind, writable }: { kind: Kind; writable: boolean }) {
  const t = useOwnedText(useText(sensorsText));
  const w = useText(words);
  const names = useText(pageNames);
  const owner = useOwner();
  const { cluster, target } = owner;
  const [url] = useUrl();
  const query = useSensorGroups(kind, { cluster, query: objectQuery(url, "name", {}) });
  const sensors = useSensors(kind, target).rows ?? [];
  const put = (config: Parameters<typeof changeSensorGroup>[1]) =>
    changeSensorGroup(kind, config, target);
  const mayChange = (group: SensorGroup) => writable && owns(owner, group);
  const change = useChange(put, { done: t.groupSaved });
  const unuse = useChange(
    ({ group, sensor }: Use) => put({ name: group, delete: [sensor.name ?? ""] }),
    {
      done: t.groupSaved,
      read: async ({ group, sensor: { name } }) => {
        const { sensors = [] } = await readSensorGroup(kind, group, cluster);
        return sensors.find((one) => one.name === name);
      },
      undo:
        ({ group, sensor: { name = "", action = "" } }) =>
        () =>
          put({ name: group, sensors: [{ name, action }] }),
    },
  );
  const origin = useOriginColumn<SensorGroup>((group) => group.cfg_type);
  const columns: Column<SensorGroup>[] = [
    { id: "name", title: w.name, sort: "name", cell: (group) => group.name },
    ...origin,
    {
      id: "active",
      title: t.active,
      width: "0.6fr",
      cell: (group) => (
        <input
          type="checkbox"
          aria-label={`${t.active}: ${group.name}`}
          checked={group.status ?? false}
          disabled={!mayChange(group) || change.isPending}
          onChange={(event) =>
            change.mutate({ name: group.name ?? "", status: event.target.checked })
          }
        />
      ),
    },
    {
      id: "sensors",
      title: t.tabs.sensors,
      width: "3fr",
      cell: (group) => {
        const used = group.sensors ?? [];
        const name = group.name ?? "";
        const free = sensors.filter((one) => !used.some((other) => other.name === one.name));
        return (
          <span className="toolbar">
            {used.length === 0 && !mayChange(group) && w.none}
            {used.map((sensor) => (
              <span key={sensor.name} className="facet">
                {sensor.name}
                <select
                  aria-label={`${t.action}: ${sensor.name}`}
                  value={sensor.action}
                  disabled={!mayChange(group) || change.isPending}
                  onChange={(event) =>
                    change.mutate({
                      name,
                      sensors: [{ name: sensor.name ?? "", action: event.target.value }],
                    })
                  }
                >
                  {Object.entries(t.actions).map(([action, text]) => (
                    <option key={action} value={action}>
                      {text}
                    </option>
                  ))}
                </select>
                {mayChange(group) && (
                  <button
                    type="button"
                    className="plain"
                    aria-label={t.unuse(sensor.name ?? "")}
                    onClick={() => unuse.mutate({ group: name, sensor })}
                  >
                    <X aria-hidden size={16} />
                  </button>
                )}
              </span>
            ))}
            {mayChange(group) && free.length > 0 && (
              <select
                aria-label={`${t.use}: ${name}`}
                value=""
                disabled={change.isPending}
                onChange={(event) =>
                  change.mutate({ name, sensors: [{ name: event.target.value, action: "allow" }] })
                }
              >
                <option value="">{t.use}</option>
                {free.map((sensor) => (
                  <option key={sensor.name}>{sensor.name}</option>
                ))}
              </select>
            )}
          </span>
        );
      },
    },
  ];
  return (
    <>
      <div className="toolbar">
        <FilterText />
      </div>
      <Refusal error={change.error ?? unuse.error} />
      <Listing
        query={query}
        what={names[kind]}
        columns={columns}
        rowKey={(group) => group.name ?? ""}
      />
    </>
  );
}
