import { useLocation } from "@tanstack/react-router";

import { rolesText } from "../pages/roles/text";
import { holds, useSelf } from "../session/permissions";
import { useText } from "../text/language";
import { words } from "../text/words";
import { isFor, pageAt } from "./pages";

/** For whoever came by a link: which permission the page needs, and who gives it; or that it is for
 * nobody whose role is limited. */
export function Lacked() {
  const { pathname } = useLocation();
  const self = useSelf().data;
  const w = useText(words);
  const { names } = useText(rolesText);
  const here = pageAt(pathname);
  if (!here?.needs || !self || isFor(here, self)) return null;
  if (!holds(self, here.needs, "read")) return w.forbiddenHint(names[here.needs]);
  return here.forAll && w.forAllHint;
}
