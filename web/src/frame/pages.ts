// The pages of the menu: where they are, what they need, how they are called.

import {
  Activity,
  BadgeCheck,
  BookOpen,
  Boxes,
  BrickWallShield,
  Bug,
  ClipboardCheck,
  Cog,
  Container,
  FileLock,
  FileText,
  Group,
  History,
  KeyRound,
  LayoutDashboard,
  type LucideIcon,
  Network,
  Package,
  ScrollText,
  Server,
  Settings,
  ShieldCheck,
  ShieldQuestion,
  ShieldX,
  UserCheck,
  UserCog,
  Users,
  Zap,
} from "lucide-react";

import type { Schema } from "../api/client";
import { holds, holdsForAll, holdsSomewhere, type Permission } from "../session/permissions";
import { catalogue } from "../text/language";

export const pageNames = catalogue({
  en: {
    dashboard: "Dashboard",
    clusters: "Clusters",
    workloads: "Workloads",
    groups: "Groups",
    admission: "Admission rules",
    network: "Network rules",
    response: "Response rules",
    dlp: "DLP sensors",
    waf: "WAF sensors",
    profiles: "Profiles",
    history: "History",
    registries: "Registries",
    images: "Images",
    vulnerabilities: "Vulnerabilities",
    accepted: "Accepted",
    compliance: "Compliance",
    verifiers: "Signature verifiers",
    events: "Events",
    denials: "Denials",
    riskReport: "Risk report",
    audit: "Audit log",
    users: "Users",
    roles: "Roles",
    providers: "Sign-in providers",
    apiKeys: "API keys",
    system: "System",
    api: "API reference",
  },
  zh: {
    dashboard: "仪表盘",
    clusters: "集群",
    workloads: "工作负载",
    groups: "组",
    admission: "准入规则",
    network: "网络规则",
    response: "响应规则",
    dlp: "DLP 传感器",
    waf: "WAF 传感器",
    profiles: "运行配置",
    history: "变更历史",
    registries: "镜像仓库",
    images: "镜像",
    vulnerabilities: "漏洞",
    accepted: "已接受",
    compliance: "合规",
    verifiers: "签名验证器",
    events: "事件",
    denials: "拒绝记录",
    riskReport: "风险报告",
    audit: "审计日志",
    users: "用户",
    roles: "角色",
    providers: "登录提供方",
    apiKeys: "API 密钥",
    system: "系统",
    api: "API 参考",
  },
});

export type PageId = keyof (typeof pageNames)["en"];
export type SectionId = "fleet" | "policy" | "risks" | "notifications" | "settings";

export interface MenuPage {
  id: PageId;
  to: string;
  icon: LucideIcon;
  section: SectionId;
  needs?: Permission;
  /** Whether it is not for those whose role is limited to some clusters. */
  forAll?: boolean;
  /** Whether who may read it in some namespaces alone is shown what is in these. */
  somewhere?: boolean;
  /** What of the scope it follows, where that is less than all of it. */
  follows?: "cluster" | "nothing";
  /** Its parts that follow namespaces, by their tab; the first one without a name. */
  inNamespaces?: string[];
  /** After `g`, this key leads there. */
  key: string;
}

export const PAGES: MenuPage[] = [
  {
    id: "dashboard",
    to: "/",
    icon: LayoutDashboard,
    section: "fleet",
    inNamespaces: [""],
    key: "d",
  },
  { id: "clusters", to: "/clusters", icon: Server, section: "fleet", needs: "config", key: "c" },
  {
    id: "workloads",
    to: "/workloads",
    icon: Container,
    section: "fleet",
    needs: "fed",
    inNamespaces: ["", "containers"],
    key: "z",
  },
  { id: "groups", to: "/groups", icon: Group, section: "policy", needs: "rt_policy", key: "o" },
  {
    id: "admission",
    to: "/admission",
    icon: ShieldCheck,
    section: "policy",
    needs: "admctrl",
    key: "a",
  },
  { id: "network", to: "/network", icon: Network, section: "policy", needs: "rt_policy", key: "n" },
  {
    id: "response",
    to: "/response",
    icon: Zap,
    section: "policy",
    needs: "rt_policy",
    key: "t",
  },
  { id: "dlp", to: "/dlp", icon: FileLock, section: "policy", needs: "rt_policy", key: "b" },
  { id: "waf", to: "/waf", icon: BrickWallShield, section: "policy", needs: "rt_policy", key: "w" },
  {
    id: "profiles",
    to: "/profiles",
    icon: Cog,
    section: "policy",
    needs: "rt_policy",
    key: "f",
  },
  {
    id: "history",
    to: "/history",
    icon: History,
    section: "policy",
    needs: "fed",
    follows: "nothing",
    key: "g",
  },
  {
    id: "vulnerabilities",
    to: "/vulnerabilities",
    icon: Bug,
    section: "risks",
    needs: "fed",
    inNamespaces: ["", "all"],
    key: "x",
  },
  {
    id: "accepted",
    to: "/accepted",
    icon: ShieldQuestion,
    section: "risks",
    needs: "vulnerability",
    follows: "nothing",
    key: "m",
  },
  {
    id: "compliance",
    to: "/compliance",
    icon: ClipboardCheck,
    section: "risks",
    needs: "fed",
    inNamespaces: [""],
    key: "1",
  },
  {
    id: "registries",
    to: "/registries",
    icon: Boxes,
    section: "risks",
    needs: "reg_scan",
    somewhere: true,
    follows: "cluster",
    key: "r",
  },
  {
    id: "images",
    to: "/images",
    icon: Package,
    section: "risks",
    needs: "reg_scan",
    somewhere: true,
    inNamespaces: ["running"],
    key: "i",
  },
  {
    id: "verifiers",
    to: "/verifiers",
    icon: BadgeCheck,
    section: "risks",
    needs: "reg_scan",
    forAll: true,
    follows: "nothing",
    key: "v",
  },
  {
    id: "events",
    to: "/events",
    icon: Activity,
    section: "notifications",
    needs: "events",
    somewhere: true,
    inNamespaces: [""],
    key: "e",
  },
  {
    id: "denials",
    to: "/denials",
    icon: ShieldX,
    section: "notifications",
    needs: "events",
    somewhere: true,
    inNamespaces: [""],
    key: "j",
  },
  {
    id: "riskReport",
    to: "/risk-report",
    icon: FileText,
    section: "notifications",
    needs: "fed",
    key: "q",
  },
  {
    id: "audit",
    to: "/audit",
    icon: ScrollText,
    section: "notifications",
    needs: "audit_events",
    somewhere: true,
    follows: "cluster",
    key: "l",
  },
  {
    id: "users",
    to: "/users",
    icon: Users,
    section: "settings",
    needs: "authorization",
    somewhere: true,
    follows: "nothing",
    key: "u",
  },
  {
    id: "roles",
    to: "/roles",
    icon: UserCog,
    section: "settings",
    needs: "authorization",
    follows: "nothing",
    key: "y",
  },
  {
    id: "providers",
    to: "/providers",
    icon: UserCheck,
    section: "settings",
    needs: "authentication",
    follows: "nothing",
    key: "h",
  },
  {
    id: "apiKeys",
    to: "/api-keys",
    icon: KeyRound,
    section: "settings",
    needs: "authorization",
    somewhere: true,
    follows: "nothing",
    key: "k",
  },
  {
    id: "system",
    to: "/system",
    icon: Settings,
    section: "settings",
    needs: "config",
    follows: "cluster",
    key: "s",
  },
  {
    id: "api",
    to: "/api-reference",
    icon: BookOpen,
    section: "settings",
    follows: "nothing",
    key: "p",
  },
];

/** The page of the menu that a path belongs to. */
export function pageAt(pathname: string): MenuPage | undefined {
  return PAGES.find(({ to }) => pathname === to || (to !== "/" && pathname.startsWith(`${to}/`)));
}

/** Whether somebody finds a page in the menu. */
export function isFor({ needs, ...page }: MenuPage, self: Schema<"SelfUserData">): boolean {
  if (!needs) return true;
  if (page.somewhere) return holdsSomewhere(self, needs, "read");
  return (page.forAll ? holdsForAll : holds)(self, needs, "read");
}

export const SECTIONS: SectionId[] = ["fleet", "policy", "risks", "notifications", "settings"];
