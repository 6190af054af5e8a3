import { grouped } from "../text/format";
import { catalogue } from "../text/language";

export const transferText = catalogue({
  en: {
    export: "Export",
    import: "Import",
    importOf: (what: string) => `Import: ${what}`,
    importing: "Importing…",
    done: "Imported. It goes to all clusters.",
    nothing: "There is nothing to export.",
    file: "From a file",
    content: "YAML",
    contentHint:
      "As an export gives it, or custom resources of NeuVector. What is there under the same name is changed.",
    replace: "Remove what the file does not hold",
    replaceText: (what: string) =>
      `Of this list (${what}), everything goes that the file does not hold.`,
    promote: "Promote to the federation",
    promoteText:
      "All clusters obey a copy of the rule from now on, under a number of its own. The rule of this cluster stays.",
    promoteNetworkText:
      "All clusters obey a copy of the rule from now on, after all other federated rules. The groups that it names are promoted with it, and their profiles. The rule of this cluster stays.",
    promoted: (id: number) => `A copy of rule ${id} is a rule of the federation now.`,
    exportAll: "Export the whole policy",
    applyFile: "Apply a file",
    policy: "Federated policy",
    pruneText: "Every federated object goes that the file does not hold.",
    applyHint:
      "The file says what shall be: all kinds of federated objects, with their ids and order. It is done as one revision or not at all, after you have seen what it would change. What a cluster exported of its own becomes federated.",
    plan: "See what it would change",
    planning: "Looking…",
    apply: "Apply it",
    applied: "Applied. It goes to all clusters.",
    planTitle: "What it would change",
    planActions: { create: "made", change: "changed", delete: "deleted" } as Record<string, string>,
    planNothing: "All is so already.",
    leftOut: "Left out, since it has no place here or stands in no file:",
    secretOf: (name: string) => `${name}: what it is logged in with`,
    planTold: (count: number) =>
      count === 1 ? "One object would change:" : `${grouped(count)} objects would change:`,
  },
  zh: {
    export: "导出",
    import: "导入",
    importOf: (what: string) => `导入：${what}`,
    importing: "正在导入…",
    done: "已导入，正在发往所有集群。",
    nothing: "没有可导出的内容。",
    file: "从文件读取",
    content: "YAML",
    contentHint: "导出所得的内容，或 NeuVector 的自定义资源。同名的内容将被修改。",
    replace: "移除文件中没有的内容",
    replaceText: (what: string) => `此列表（${what}）中，文件未包含的内容都将移除。`,
    promote: "提升为联邦规则",
    promoteText: "此后所有集群都将遵守该规则的副本，副本有自己的编号。此集群的原规则保留。",
    promoteNetworkText:
      "此后所有集群都将遵守该规则的副本，排在其他联邦规则之后。规则引用的组及其运行配置一并提升。此集群的原规则保留。",
    promoted: (id: number) => `规则 ${id} 的副本现已成为联邦规则。`,
    exportAll: "导出全部策略",
    applyFile: "应用文件",
    policy: "联邦策略",
    pruneText: "文件未包含的所有联邦对象都将移除。",
    applyHint:
      "文件描述目标状态：所有种类的联邦对象及其编号和顺序。在您查看将要发生的更改之后，一次性全部生效，或完全不生效。集群自身导出的内容将成为联邦内容。",
    plan: "查看将要更改的内容",
    planning: "正在比较…",
    apply: "应用",
    applied: "已应用，正在发往所有集群。",
    planTitle: "将要更改的内容",
    planActions: { create: "新建", change: "修改", delete: "删除" },
    planNothing: "一切已是如此。",
    leftOut: "以下内容在此没有对应的位置，或不在文件中，因此略去：",
    secretOf: (name: string) => `${name}：登录凭据`,
    planTold: (count: number) => `将更改 ${grouped(count)} 个对象：`,
  },
});
