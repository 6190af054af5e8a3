import { useEffect, useState } from "react";

/** After so long without a change a value is settled. */
const PAUSE_MS = 250;

/** A value once it did not change for a moment: what is typed is not asked for letter by letter. */
export function useSettled<T>(value: T): T {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [value]);
  return settled;
}
