// The language of the portal, and the catalogues of its texts.
//
// A catalogue stands beside the page that shows it. English gives the shape,
// and the compiler refuses another language that lacks a text.

import { useSyncExternalStore } from "react";

export const LANGUAGES = { en: "English", zh: "中文" } as const;
export type Language = keyof typeof LANGUAGES;

/** What each language has for the text: a sentence, or one that takes values. */
type Same<T> = {
  [K in keyof T]: T[K] extends string
    ? string
    : T[K] extends (...values: infer V) => string
      ? (...values: V) => string
      : Same<T[K]>;
};

export type Catalogue<T> = { en: T; zh: Same<T> };

/** Texts in all languages. */
export function catalogue<T>(texts: Catalogue<T>): Catalogue<T> {
  return texts;
}

const KEY = "palisade.language";
const listeners = new Set<() => void>();

function known(text: string | null | undefined): Language | undefined {
  const short = text?.slice(0, 2);
  return short === "en" || short === "zh" ? short : undefined;
}

let language: Language =
  known(globalThis.localStorage?.getItem(KEY)) ?? known(globalThis.navigator?.language) ?? "en";
mark();

function mark() {
  if (globalThis.document) document.documentElement.lang = language === "zh" ? "zh-CN" : language;
}

export function chooseLanguage(next: Language) {
  language = next;
  localStorage.setItem(KEY, next);
  mark();
  for (const listener of listeners) listener();
}

export function useLanguage(): Language {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
    () => language,
  );
}

/** The texts of a catalogue in the language in use. */
export function useText<T>(texts: Catalogue<T>): Same<T> {
  return texts[useLanguage()] as Same<T>;
}
