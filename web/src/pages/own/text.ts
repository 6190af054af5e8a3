import { catalogue, useText } from "../../text/language";
import { useOwner } from "./owner";

/** What is said of a cluster's own objects, whatever their kind, where pages speak of all
 * clusters. */
export const ownText = catalogue({
  en: {
    saved: "Saved in this cluster alone.",
    removed: "Deleted in this cluster.",
    removeText: "It is deleted in this cluster alone. What others name cannot be deleted.",
    nameHint: "Names that begin with “fed.” are the federation’s.",
    none: "This cluster has none",
    noneHint: "Neither of its own, nor of the federation.",
    federated: "It is the federation’s: here it is only shown.",
    toFederated: "Open it where it is changed, for all clusters",
    ground: "It comes from a custom resource: it is changed there.",
    imported: "Imported. It holds in this cluster alone.",
    groupSaved: "The group was changed in this cluster alone.",
  },
  zh: {
    saved: "已保存，仅在此集群中生效。",
    removed: "已在此集群中删除。",
    removeText: "仅在此集群中删除。被其他对象引用的无法删除。",
    nameHint: "以“fed.”开头的名称属于联邦。",
    none: "该集群没有任何内容",
    noneHint: "既没有自有的，也没有联邦的。",
    federated: "它属于联邦，在此仅供查看。",
    toFederated: "前往修改（适用于所有集群）",
    ground: "它来自自定义资源，请在那里修改。",
    imported: "已导入，仅在此集群中生效。",
    groupSaved: "该组已修改，仅在此集群中生效。",
  },
});

/** The texts of a page about federated objects; in the scope of a cluster what they say of all
 * clusters is said of that one. */
export function useOwnedText<T extends object>(texts: T): T {
  const own = useText(ownText);
  const { cluster } = useOwner();
  return cluster ? { ...texts, ...own } : texts;
}
