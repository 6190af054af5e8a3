// Light, dark, or as the system says.

import { useSyncExternalStore } from "react";

export const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

const KEY = "palisade.theme";
const listeners = new Set<() => void>();

let theme: Theme = THEMES.find((one) => one === localStorage.getItem(KEY)) ?? "system";
apply();

function apply() {
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}

export function chooseTheme(next: Theme) {
  theme = next;
  localStorage.setItem(KEY, next);
  apply();
  for (const listener of listeners) listener();
}

export function useTheme(): Theme {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
    () => theme,
  );
}

const system = matchMedia("(prefers-color-scheme: dark)");

/** Whether the portal is dark now, by choice or as the system is. */
export function useDark(): boolean {
  const chosen = useTheme();
  const dark = useSyncExternalStore(
    (listener) => {
      system.addEventListener("change", listener);
      return () => system.removeEventListener("change", listener);
    },
    () => system.matches,
  );
  return chosen === "system" ? dark : chosen === "dark";
}
