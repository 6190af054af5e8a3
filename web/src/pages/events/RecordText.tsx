import { useGet } from "../../api/query";
import { useFormat } from "../../text/format";
import { useText } from "../../text/language";
import { quoted } from "../../text/turns";
import type { DenyRecord } from "../admission/deciding";
import type { useCriterionText } from "../admission/sentence";
import { useMayRead } from "../clusters/members";
import { type DeedRecord, deedOf } from "./deed";
import { toldIn } from "./told";
import { deedText, sentenceText } from "./words";

/** What these say is who did it, and from where. */
const VISITS = ["User.Login", "User.Logout", "User.Timeout"];

interface Props {
  of: DeedRecord & DenyRecord;
  /** Says why admission control decided so, where there is room for it. */
  criterion?: ReturnType<typeof useCriterionText>;
}

/** What a record tells, in words of the portal where it has the parts of them, else as it was
 * sent. */
export function RecordText({ of, criterion }: Props) {
  const t = useText(deedText);
  const sentences = useText(sentenceText);
  const format = useFormat();
  const deed = deedOf(of);
  const cluster = useNameOf(deed?.cluster);
  const who = quoted(of.user ?? "");
  if (deed) {
    const did = t.did(who, t.verbs[deed.verb], t.objects[deed.object], quoted(deed.of));
    return cluster ? t.within(did, quoted(cluster)) : did;
  }
  if (who && of.user_addr && VISITS.includes(of.name ?? "")) return t.from(who, of.user_addr);
  if (of.resource_kind) {
    const operation = t.operations[of.operation as keyof typeof t.operations];
    const place = quoted([of.workload_domain, of.workload_name].filter(Boolean).join("/"));
    const criteria = of.admission_criteria ?? [];
    if (operation && criteria.length > 0) {
      const asked = t.asked(who, operation, of.resource_kind, place);
      return criterion ? t.because(asked, format.list(criteria.map(criterion))) : asked;
    }
  }
  return toldIn(sentences, of.message ?? "");
}

/** How a member is called; names change seldom. */
function useNameOf(id: string | undefined): string {
  const enabled = useMayRead() && id !== undefined;
  const { data } = useGet("/v1/fed/member", { query: { cluster: id }, enabled });
  return data?.joint_clusters?.[0]?.name ?? id?.slice(0, 8) ?? "";
}
