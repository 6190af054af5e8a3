import { Link } from "@tanstack/react-router";
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

type Config = Parameters<typeof changeSensorGroup>[1];

/** What becomes of a group, and the way back. */
interface Change {
  to: Config;
  from: Config;
}

/** A group that uses a sensor, and what that does then. */
function using(name: string, sensor = "", action = ""): Config {
  return { name, sensors: [{ name: sensor, action }] };
}

/** A group that does not use a sensor. */
function without(name: string, sensor = ""): Config {
  return { name, delete: [sensor] };
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
  const put = (config: Config) => changeSensorGroup(kind, config, target);
  const mayChange = (group: SensorGroup) => writable && owns(owner, group);
  const change = useChange(({ to }: Change) => put(to), {
    done: t.groupSaved,
    federated: !cluster,
    read: ({ to: { name = "" } }) => readSensorGroup(kind, name, cluster),
    undo:
      ({ from }) =>
      () =>
        put(from),
  });
  const origin = useOriginColumn<SensorGroup>((group) => group.cfg_type);
  const columns: Column<SensorGroup>[] = [
    {
      id: "name",
      title: w.name,
      sort: "name",
      cell: (group) => (
        <Link to={"/groups" as never} search={{ open: group.name } as never}>
          {group.name}
        </Link>
      ),
    },
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
          onChange={({ target: { checked: status } }) => {
            const name = group.name ?? "";
            change.mutate({ to: { name, status }, from: { name, status: !status } });
          }}
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
                      to: using(name, sensor.name, event.target.value),
                      from: using(name, sensor.name, sensor.action),
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
                    onClick={() =>
                      change.mutate({
                        to: without(name, sensor.name),
                        from: using(name, sensor.name, sensor.action),
                      })
                    }
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
                onChange={({ target: { value: sensor } }) =>
                  change.mutate({
                    to: using(name, sensor, "allow"),
                    from: without(name, sensor),
                  })
                }
              >
                <option value="">{t.use}</option>
                {free.map((sensor) => (
                  <option key={sensor.name} value={sensor.name}>
                    {sensor.name}
                  </option>
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
      <Refusal error={change.error} />
      <Listing
        query={query}
        what={names[kind]}
        columns={columns}
        rowKey={(group) => group.name ?? ""}
      />
    </>
  );
}
