import { catalogue } from "../../text/language";

export const workloadsText = catalogue({
  en: {
    lead: "Containers that run in the clusters, as their agents report them.",
    name: "Workload",
    namespace: "Namespace",
    image: "Image",
    node: "Node",
    found: "Vulnerabilities",
    vulnerability: "Vulnerability",
    unscanned: "not scanned",
    root: "Runs as root",
    started: "Started",
    none: "No workload is known",
    noneHint: "Agents with the role scanner report what runs on their nodes.",
  },
  zh: {
    lead: "各集群中正在运行的容器，由其代理上报。",
    name: "工作负载",
    namespace: "命名空间",
    image: "镜像",
    node: "节点",
    found: "漏洞",
    vulnerability: "漏洞",
    unscanned: "未扫描",
    root: "以 root 运行",
    started: "启动时间",
    none: "没有已知的工作负载",
    noneHint: "具有 scanner 角色的代理会上报其节点上运行的内容。",
  },
});
