import { Lock } from "lucide-react";

import { useText } from "../text/language";
import { words } from "../text/words";
import { Sign } from "../ui/Failure";
import { Page } from "../ui/Page";
import { Lacked } from "./Lacked";
import { type MenuPage, pageNames } from "./pages";

/** In the place of a page that whoever came by a link may not read: what is lacking, and nothing
 * that would only be refused. Nothing is asked for, since each refusal is an event. */
export function Refused({ page: { id } }: { page: MenuPage }) {
  const names = useText(pageNames);
  const w = useText(words);
  return (
    <Page title={names[id]}>
      <Sign
        icon={<Lock aria-hidden />}
        title={w.forbidden(names[id])}
        hint={<Lacked />}
        role="alert"
      />
    </Page>
  );
}
