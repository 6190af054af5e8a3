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
    password_too_weak: "The password is too weak",
    password_too_long: "The password is too long: it has 1,024 bytes at most.",
    password_used_before: "The password has been used before. Choose another one.",
    profile_comment: "The comment is too long",
    profile_min_len: "The least length is out of its bounds",
    profile_counts: "The least length is less than what the kinds of characters need together.",
    profile_expiration: "The days after which passwords expire are out of their bounds",
    profile_history: "Where former passwords are refused, one at least must be remembered.",
    profile_block: "The failed sign-ins or the minutes of a block are out of their bounds",
    profile_session_timeout: "The idle time is out of its bounds",
  },
  zh: {
    not_primary: "这不是联邦的主集群，因此没有联邦对象。",
    connect: "无法连接到目录",
    bind: "目录拒绝用于查询用户的账户",
    find_user: "在目录中未找到该用户",
    password: "目录拒绝该用户的密码",
    find_groups: "无法从目录读取该用户的组",
    password_too_weak: "密码强度不足",
    password_too_long: "密码过长：最多 1,024 字节。",
    password_used_before: "该密码以前使用过，请选择其他密码。",
    profile_comment: "备注过长",
    profile_min_len: "最小长度超出允许范围",
    profile_counts: "最小长度小于各类字符所需数量之和。",
    profile_expiration: "密码过期天数超出允许范围",
    profile_history: "拒绝旧密码时，至少要记住一个密码。",
    profile_block: "登录失败次数或锁定分钟数超出允许范围",
    profile_session_timeout: "空闲时间超出允许范围",
  },
});

/** Reasons that say all there is to say. */
export const COMPLETE = new Set([
  "not_primary",
  "password_too_long",
  "password_used_before",
  "profile_counts",
  "profile_history",
]);

/** What a password must have. */
export const passwordText = catalogue({
  en: {
    min_len: (n: number) => `${n} characters`,
    min_uppercase_count: (n: number) => `${n} upper-case`,
    min_lowercase_count: (n: number) => `${n} lower-case`,
    min_digit_count: (n: number) => `${n} digits`,
    min_special_count: (n: number) => `${n} others`,
    atLeast: (what: string) => `at least ${what}.`,
    comma: ", ",
  },
  zh: {
    min_len: (n: number) => `${n} 个字符`,
    min_uppercase_count: (n: number) => `${n} 个大写字母`,
    min_lowercase_count: (n: number) => `${n} 个小写字母`,
    min_digit_count: (n: number) => `${n} 个数字`,
    min_special_count: (n: number) => `${n} 个其他字符`,
    atLeast: (what: string) => `至少包含 ${what}。`,
    comma: "、",
  },
});
