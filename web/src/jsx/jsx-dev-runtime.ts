// The same where it is not built: `npm run dev`, and tests.

import type { ElementType, Key } from "react";
import * as react from "react/jsx-dev-runtime";

import { withSeen } from "./jsx-runtime";

export { Fragment, type JSX } from "react/jsx-dev-runtime";

export function jsxDEV(
  type: ElementType,
  props: unknown,
  key: Key | undefined,
  isStatic: boolean,
  source?: react.JSXSource,
  self?: unknown,
) {
  return react.jsxDEV(type, withSeen(type, props), key, isStatic, source, self);
}
