import { catalogue, useText } from "../../text/language";

/** Kinds of federated objects, by the words that the server has for them. */
export const kindText = catalogue({
  en: {
    group: "group",
    "network rule": "network rule",
    "admission rule": "admission rule",
    "response rule": "response rule",
    "process profile": "process profile",
    "file monitor": "file profile",
    "DLP sensor": "DLP sensor",
    "DLP group": "DLP sensors of a group",
    "WAF sensor": "WAF sensor",
    "WAF group": "WAF sensors of a group",
    registry: "registry",
    webhook: "webhook",
  },
  zh: {
    group: "组",
    "network rule": "网络规则",
    "admission rule": "准入规则",
    "response rule": "响应规则",
    "process profile": "进程配置",
    "file monitor": "文件配置",
    "DLP sensor": "DLP 传感器",
    "DLP group": "组的 DLP 传感器",
    "WAF sensor": "WAF 传感器",
    "WAF group": "组的 WAF 传感器",
    registry: "镜像仓库",
    webhook: "Webhook",
  },
});

export type Kind = keyof (typeof kindText)["en"];

/** The name of a kind for people. */
export function useKindName(): (kind: string) => string {
  const names = useText(kindText);
  return (kind) => names[kind as Kind] ?? kind;
}
