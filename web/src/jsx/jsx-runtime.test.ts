import { createElement } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import { expect, it } from "vitest";

import { ObjectLink } from "../pages/history/ObjectLink";
import { Sign } from "../ui/Failure";
import { Fragment, jsx, jsxs } from "./jsx-runtime";

const NAME = "\u202egnp.exe";

/** A component that asks for what it is given. */
function Asked({ title }: { title: string }) {
  return createElement("input", { defaultValue: title });
}

it("shows what would turn a name around", () => {
  const page = jsxs("ul", {
    children: [
      jsx("li", { children: NAME }),
      jsxs(Fragment, { children: ["Deleted: ", [NAME]] }),
      jsx(Fragment, { children: [1, 2].map((at) => jsx("li", { children: NAME }, at)) }),
    ],
  });
  expect(renderToStaticMarkup(page)).toBe(
    [
      "<ul><li>\\u202egnp.exe</li>Deleted: \\u202egnp.exe",
      "<li>\\u202egnp.exe</li><li>\\u202egnp.exe</li></ul>",
    ].join(""),
  );
});

it("shows it in what is said of an element, and leaves a component what it takes", () => {
  const button = jsx("button", { title: NAME, "aria-label": `Remove: ${NAME}`, value: NAME });
  expect(renderToStaticMarkup(button)).toBe(
    `<button title="\\u202egnp.exe" aria-label="Remove: \\u202egnp.exe" value="${NAME}"></button>`,
  );
  expect(renderToStaticMarkup(jsx(Asked, { title: NAME }))).toContain(NAME);
});

it("leaves what a form holds as it is", () => {
  const field = jsx("input", { defaultValue: NAME });
  expect(renderToStaticMarkup(field)).toContain(NAME);
});

it.each([
  createElement(Sign, { title: NAME }),
  createElement(ObjectLink, { kind: "unknown", name: NAME }),
])("is what components are made with", (made) => {
  expect(renderToStaticMarkup(made)).toContain("\\u202egnp.exe");
});
