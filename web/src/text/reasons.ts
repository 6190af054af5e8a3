import { type Catalogue, catalogue } from "./language";

/** What the `reason` of an error means, where its numeric code alone does not tell. */
export const reasonText: Catalogue<Record<string, string>> = catalogue<Record<string, string>>({
  en: {
    not_primary: "This is not the primary of a federation, so that it has no federated objects.",
    connect: "The directory cannot be reached",
    bind: "The directory refuses the account that looks up users",
    find_user: "The directory does not find the user",
    password: "The directory refuses the user’s password",
    find_groups: "The groups of the user cannot be read from the directory",
  },
  zh: {
    not_primary: "这不是联邦的主集群，因此没有联邦对象。",
    connect: "无法连接到目录",
    bind: "目录拒绝用于查询用户的账户",
    find_user: "在目录中未找到该用户",
    password: "目录拒绝该用户的密码",
    find_groups: "无法从目录读取该用户的组",
  },
});

/** Reasons that say all there is to say. */
export const COMPLETE = new Set(["not_primary"]);
