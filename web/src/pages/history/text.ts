import { grouped } from "../../text/format";
import { catalogue } from "../../text/language";

export const historyText = catalogue({
  en: {
    find: "Object or who changed it",
    lead: "Every change of federated objects: who made it, when, and what it did. Each can be gone back to.",
    changes: "Changes",
    revision: "Revision",
    time: "Time",
    who: "Who",
    what: "What",
    more: (count: number) => `and ${grouped(count)} more`,
    none: "Nothing was changed yet",
    title: (revision: number) => `Revision ${grouped(revision)}`,
    field: "Field",
    before: "Before",
    after: "After",
    actions: { create: "made", update: "changed", delete: "deleted" } as Record<string, string>,
    goBack: "Go back to this state",
    goBackText: (revision: number) =>
      `Every federated object becomes again what it was at revision ${grouped(revision)}, as one new change in all clusters. Registries stay as they are.`,
    wouldChange: (count: number) =>
      count === 1 ? "One object changes." : `${grouped(count)} objects change.`,
    wentBack: (count: number) =>
      count === 0
        ? "Everything is as it was then."
        : `${grouped(count)} objects are as they were then.`,
  },
  zh: {
    find: "对象或修改人",
    lead: "联邦对象的每次修改：何人、何时、做了什么。可以恢复到其中任何一次。",
    changes: "修改",
    revision: "修订号",
    time: "时间",
    who: "操作者",
    what: "内容",
    more: (count: number) => `以及另外 ${grouped(count)} 项`,
    none: "还没有任何修改",
    title: (revision: number) => `修订 ${grouped(revision)}`,
    field: "字段",
    before: "之前",
    after: "之后",
    actions: { create: "新建", update: "修改", delete: "删除" } as Record<string, string>,
    goBack: "恢复到此状态",
    goBackText: (revision: number) =>
      `所有联邦对象将作为一次新的修改，在所有集群中恢复为修订 ${grouped(revision)} 时的状态。镜像仓库保持不变。`,
    wouldChange: (count: number) => `将有 ${grouped(count)} 个对象发生变化。`,
    wentBack: (count: number) =>
      count === 0 ? "一切与当时相同。" : `${grouped(count)} 个对象已恢复为当时的状态。`,
  },
});
