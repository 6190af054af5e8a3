import { Castle } from "lucide-react";
import { type ReactNode, useState } from "react";

import { post } from "../api/client";
import { useChange } from "../api/query";
import { useMember } from "../pages/clusters/members";
import { useScope } from "../routing/search";
import { holdsForAll, useAllowed } from "../session/permissions";
import { useText } from "../text/language";
import { ConfirmByName } from "../ui/ConfirmByName";
import { transferText } from "./text";

type Call = "/v1/admission/rule/promote" | "/v1/policy/rules/promote";

interface Rule {
  id?: number;
  cfg_type?: string;
}

interface Promotion {
  /** The button. */
  offer: ReactNode;
  /** In the place of the rule's dialog, once somebody pressed it. */
  confirmation: ReactNode;
}

/** How a rule that the home cluster has of its own becomes one of the federation. */
export function usePromotion(call: Call, rule: Rule | undefined, onDone: () => void): Promotion {
  const t = useText(transferText);
  const [asked, setAsked] = useState(false);
  const { member } = useMember(useScope());
  const own = rule?.cfg_type === "user_created" || rule?.cfg_type === "ground";
  const governs = useAllowed((self) => holdsForAll(self, "fed", "write"));
  const offered = governs && member?.home === true && own;
  const id = rule?.id ?? 0;
  const promote = useChange(() => post(call, { request: { ids: [id] } }), {
    done: t.promoted(id),
    onDone,
  });
  if (!offered) return { offer: null, confirmation: null };
  return {
    offer: (
      <div>
        <button type="button" onClick={() => setAsked(true)}>
          <Castle aria-hidden size={16} /> {t.promote}
        </button>
      </div>
    ),
    confirmation: asked && (
      <ConfirmByName
        title={t.promote}
        name={String(id)}
        action={t.promote}
        busy={promote.isPending}
        error={promote.error}
        onConfirm={() => promote.mutate()}
        onClose={() => setAsked(false)}
      >
        <p>{call === "/v1/policy/rules/promote" ? t.promoteNetworkText : t.promoteText}</p>
      </ConfirmByName>
    ),
  };
}
