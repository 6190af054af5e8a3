import { catalogue } from "../../text/language";

export const auditText = catalogue({
  en: {
    lead: "The records of all clusters as logs: what admission control decided, who changed what, and what happened to the systems.",
    tabs: { audit: "Decisions", event: "Actions and systems" },
    time: "Time",
    level: "Level",
    record: "Record",
    user: "User",
    image: "Image",
    namespace: "Namespace",
    none: "No record yet",
  },
  zh: {
    lead: "所有集群的日志记录：准入控制作出的裁决、谁更改了什么，以及系统发生的事。",
    tabs: { audit: "裁决", event: "操作与系统" },
    time: "时间",
    level: "级别",
    record: "记录",
    user: "用户",
    image: "镜像",
    namespace: "命名空间",
    none: "还没有记录",
  },
});
