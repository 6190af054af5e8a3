import { catalogue } from "../../text/language";

export const denialsText = catalogue({
  en: {
    lead: "What admission control of all clusters denied, or would have denied, newest first.",
    time: "Time",
    what: "Workload",
    rule: "Deciding rule",
    outcome: "Outcome",
    denied: "Denied",
    watched: "Only watched",
    why: "Why",
    image: "Image",
    none: "Nothing has been denied yet",
    noneHint: "Requests that admission rules deny appear here.",
  },
  zh: {
    lead: "所有集群的准入控制拒绝或本应拒绝的请求，最新的在前。",
    time: "时间",
    what: "工作负载",
    rule: "起决定作用的规则",
    outcome: "结果",
    denied: "已拒绝",
    watched: "仅监视",
    why: "原因",
    image: "镜像",
    none: "还没有任何拒绝",
    noneHint: "被准入规则拒绝的请求会出现在这里。",
  },
});
