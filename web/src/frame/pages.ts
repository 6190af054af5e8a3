// The pages of the menu: where they are, what they need, how they are called.

import {
  Activity,
  BadgeCheck,
  BookOpen,
  Boxes,
  BrickWallShield,
  Bug,
  Cog,
  FileLock,
  Group,
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
  UserCheck,
  UserCog,
  Users,
  Zap,
} from "lucide-react";

import type { Permission } from "../session/permissions";
import { catalogue } from "../text/language";

export const pageNames = catalogue({
  en: {
    dashboard: "Dashboard",
    clusters: "Clusters",
    groups: "Groups",
    admission: "Admission rules",
    network: "Network rules",
    response: "Response rules",
    dlp: "DLP sensors",
    waf: "WAF sensors",
    profiles: "Profiles",
    registries: "Registries",
    images: "Images",
    vulnerabilities: "Vulnerabilities",
    accepted: "Accepted",
    verifiers: "Signature verifiers",
    events: "Events",
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
    groups: "组",
    admission: "准入规则",
    network: "网络规则",
    response: "响应规则",
    dlp: "DLP 传感器",
    waf: "WAF 传感器",
    profiles: "运行配置",
    registries: "镜像仓库",
    images: "镜像",
    vulnerabilities: "漏洞",
    accepted: "已接受",
    verifiers: "签名验证器",
    events: "事件",
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
  /** After `g`, this key leads there. */
  key: string;
}

export const PAGES: MenuPage[] = [
  { id: "dashboard", to: "/", icon: LayoutDashboard, section: "fleet", key: "d" },
  { id: "clusters", to: "/clusters", icon: Server, section: "fleet", needs: "config", key: "c" },
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
    id: "vulnerabilities",
    to: "/vulnerabilities",
    icon: Bug,
    section: "risks",
    needs: "fed",
    key: "x",
  },
  {
    id: "accepted",
    to: "/accepted",
    icon: ShieldQuestion,
    section: "risks",
    needs: "vulnerability",
    key: "m",
  },
  {
    id: "registries",
    to: "/registries",
    icon: Boxes,
    section: "risks",
    needs: "reg_scan",
    key: "r",
  },
  { id: "images", to: "/images", icon: Package, section: "risks", needs: "reg_scan", key: "i" },
  {
    id: "verifiers",
    to: "/verifiers",
    icon: BadgeCheck,
    section: "risks",
    needs: "reg_scan",
    key: "v",
  },
  {
    id: "events",
    to: "/events",
    icon: Activity,
    section: "notifications",
    needs: "events",
    key: "e",
  },
  {
    id: "audit",
    to: "/audit",
    icon: ScrollText,
    section: "notifications",
    needs: "audit_events",
    key: "l",
  },
  { id: "users", to: "/users", icon: Users, section: "settings", needs: "authorization", key: "u" },
  {
    id: "roles",
    to: "/roles",
    icon: UserCog,
    section: "settings",
    needs: "authorization",
    key: "y",
  },
  {
    id: "providers",
    to: "/providers",
    icon: UserCheck,
    section: "settings",
    needs: "authentication",
    key: "h",
  },
  {
    id: "apiKeys",
    to: "/api-keys",
    icon: KeyRound,
    section: "settings",
    needs: "authorization",
    key: "k",
  },
  { id: "system", to: "/system", icon: Settings, section: "settings", needs: "config", key: "s" },
  { id: "api", to: "/api-reference", icon: BookOpen, section: "settings", key: "p" },
];

export const SECTIONS: SectionId[] = ["fleet", "policy", "risks", "notifications", "settings"];
