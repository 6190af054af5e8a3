// How the portal makes its elements (`jsxImportSource`): as React does, except that no text in
// them can turn itself around. So no list and no heading can forget it of names that come from
// clusters, images and packages. Fields of forms hold what was given, unchanged. A text that a
// component returns by itself is in no element: it is to return it in a fragment.

import type { ElementType, Key } from "react";
import * as react from "react/jsx-runtime";

import { seen } from "../text/turns";

export { Fragment, type JSX } from "react/jsx-runtime";

export function jsx(type: ElementType, props: unknown, key?: Key) {
  return react.jsx(type, withSeen(props), key);
}

/** Of an element with several children. */
export function jsxs(type: ElementType, props: unknown, key?: Key) {
  return react.jsxs(type, withSeen(props), key);
}

export function withSeen(props: unknown): unknown {
  const { children } = props as { children?: unknown };
  if (typeof children !== "string" && !Array.isArray(children)) return props;
  return { ...(props as object), children: childSeen(children) };
}

function childSeen(child: unknown): unknown {
  if (typeof child === "string") return seen(child);
  return Array.isArray(child) ? child.map(childSeen) : child;
}
