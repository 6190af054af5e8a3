import { ArrowDown, ArrowUp } from "lucide-react";

interface Props {
  /** What the buttons say. */
  up: string;
  down: string;
  /** Whether there is nothing above it, or below. */
  first: boolean;
  last: boolean;
  /** Whether a move goes on. */
  busy?: boolean;
  onMove: (by: 1 | -1) => void;
}

/** Moves something in its list by one place. Whoever does so by keyboard goes on with the same
 * button: one that is disabled would lose them. */
export function MoveButtons({ up, down, first, last, busy = false, onMove }: Props) {
  const sides = [
    { by: -1, label: up, rests: first || busy, Icon: ArrowUp },
    { by: 1, label: down, rests: last || busy, Icon: ArrowDown },
  ] as const;
  return sides.map(({ by, label, rests, Icon }) => (
    <button
      key={by}
      type="button"
      className="plain"
      aria-label={label}
      aria-disabled={rests || undefined}
      onClick={() => !rests && onMove(by)}
    >
      <Icon aria-hidden size={16} />
    </button>
  ));
}
