// How the portal makes its elements (`jsxImportSource`): as React does, except that no text in
// them, or said in their place, can turn itself around. So no list and no heading can forget it of
// names that come from clusters, images and packages. Fields of forms hold what was given, unchanged;
// `Field` writes it out below them. A text that a component returns by itself is in no element: it
// is to return it in a fragment.

import type { ElementType, Key } from "react";
import * as react from "react/jsx-runtime";

import { seen } from "../text/turns";

export { Fragment, type JSX } from "react/jsx-runtime";

export function jsx(type: ElementType, props: unknown, key?: Key) {
  return react.jsx(type, withSeen(type, props), key);
}

/** Of an element with several children. */
export function jsxs(type: ElementType, props: unknown, key?: Key) {
  return react.jsxs(type, withSeen(type, props), key);
}

/** What is said beside the children: by whatever there is, and by elements. */
const SAID = ["aria-label"];
const SAID_BY_ELEMENTS = [...SAID, "title", "alt", "placeholder"];

export function withSeen(type: ElementType, props: unknown): unknown {
  const given = props as Record<string, unknown>;
  let shown: Record<string, unknown> | undefined;
  const { children } = given;
  if (typeof children === "string" || Array.isArray(children)) {
    shown = { ...given, children: childSeen(children) };
  }
  // What a component takes by such a name is its own to use, and may be more than to be shown.
  for (const name of typeof type === "string" ? SAID_BY_ELEMENTS : SAID) {
    const text = given[name];
    if (typeof text === "string") {
      shown ??= { ...given };
      shown[name] = seen(text);
    }
  }
  return shown ?? props;
}

function childSeen(child: unknown): unknown {
  if (typeof child === "string") return seen(child);
  return Array.isArray(child) ? child.map(childSeen) : child;
}
