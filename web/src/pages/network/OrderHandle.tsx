import { GripVertical } from "lucide-react";
import { type DragEvent, useRef } from "react";

import { patch } from "../../api/client";
import { useChange } from "../../api/query";
import { useText } from "../../text/language";
import { everyRow } from "../../transfer/everyRow";
import { MoveButtons } from "../../ui/MoveButtons";
import { useOwner } from "../own/owner";
import { afterFor, neighbour } from "./order";
import { networkText } from "./text";
import "./order.css";

function rowOf(event: DragEvent): HTMLElement | null {
  return event.target instanceof Element ? event.target.closest<HTMLElement>("[data-row]") : null;
}

interface Move {
  id: number;
  /** The rule that it shall follow, and the one that it followed; 0 is the beginning. */
  after: number;
  before: number;
  /** Its place from 1. */
  place: number;
}

/** Moves rules by dragging or by key; `area` goes around the list. */
export function useOrder(ids: number[]) {
  const t = useText(networkText);
  const { target: owned, cluster } = useOwner();
  const dragged = useRef<number>(undefined);
  const over = useRef<HTMLElement>(undefined);
  const put = (id: number, after: number) =>
    patch("/v1/policy/rule", { move: { id, after } }, owned);
  const change = useChange(({ id, after }: Move) => put(id, after), {
    done: ({ id, place }) => t.moved(id, place),
    federated: !cluster,
    read: async ({ id }) => {
      const rules = await everyRow("/v1/policy/rule", owned, (answer) => answer.rules);
      return neighbour(
        rules.map((rule) => rule.id ?? 0),
        id,
        -1,
      );
    },
    undo:
      ({ id, before }) =>
      () =>
        put(id, before),
  });
  const move = (id: number, target: number | undefined) => {
    const after = target === undefined ? undefined : afterFor(ids, id, target);
    if (after !== undefined && target !== undefined) {
      const before = neighbour(ids, id, -1) ?? 0;
      change.mutate({ id, after, before, place: ids.indexOf(target) + 1 });
    }
  };
  const mark = (row: HTMLElement | null) => {
    delete over.current?.dataset.over;
    if (row) row.dataset.over = "";
    over.current = row ?? undefined;
  };
  return {
    busy: change.isPending,
    error: change.error,
    ends: (id: number) => ({
      first: neighbour(ids, id, -1) === undefined,
      last: neighbour(ids, id, 1) === undefined,
    }),
    step: (id: number, by: 1 | -1) => move(id, neighbour(ids, id, by)),
    begin: (id: number) => {
      dragged.current = id;
    },
    area: {
      onDragOver: (event: DragEvent) => {
        if (dragged.current === undefined) return;
        event.preventDefault();
        mark(rowOf(event));
      },
      onDrop: (event: DragEvent) => {
        event.preventDefault();
        const target = Number(rowOf(event)?.dataset.row);
        if (dragged.current !== undefined && target) move(dragged.current, target);
      },
      onDragEnd: () => {
        mark(null);
        dragged.current = undefined;
      },
    },
  };
}

interface Props {
  id: number;
  order: ReturnType<typeof useOrder>;
}

/** A handle to drag a rule by, and buttons that do the same. */
export function OrderHandle({ id, order }: Props) {
  const t = useText(networkText);
  const { first, last } = order.ends(id);
  return (
    <span className="order">
      {/* biome-ignore lint/a11y/noStaticElementInteractions: the buttons beside it do the same by key */}
      <span
        className="grip"
        draggable
        title={t.drag(id)}
        onDragStart={(event) => {
          event.dataTransfer.effectAllowed = "move";
          event.dataTransfer.setData("text/plain", String(id));
          const row = rowOf(event);
          if (row) event.dataTransfer.setDragImage(row, 0, 0);
          order.begin(id);
        }}
      >
        <GripVertical aria-hidden size={18} />
      </span>
      <MoveButtons
        up={t.up(id)}
        down={t.down(id)}
        first={first}
        last={last}
        busy={order.busy}
        onMove={(by) => order.step(id, by)}
      />
    </span>
  );
}
