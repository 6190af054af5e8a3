import { catalogue } from "../../text/language";

export const auditText = catalogue({
  en: {
    lead: "The records of all clusters as logs: what was decided, and what happened to the systems.",
    tabs: { audit: "Decisions", event: "Systems" },
    time: "Time",
    level: "Level",
    record: "Record",
    user: "User",
    image: "Image",
    namespace: "Namespace",
    none: "No record yet",
  },
  zh: {
    lead: "所有集群的日志记录：作出的裁决以及系统发生的事。",
    tabs: { audit: "裁决", event: "系统" },
    time: "时间",
    level: "级别",
    record: "记录",
    user: "用户",
    image: "镜像",
    namespace: "命名空间",
    none: "还没有记录",
  },
});
