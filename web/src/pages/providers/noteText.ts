import { type Catalogue, catalogue } from "../../text/language";

/** What the test of a provider tells beside what it found, by its codes. */
export const noteText: Catalogue<Record<string, string>> = catalogue<Record<string, string>>({
  en: {
    groups_left_out:
      "This provider leaves the groups out of the token of a user who is in more than 200: let it send only the groups that are assigned to the application, or app roles.",
    may_encrypt:
      "This provider can encrypt ID tokens, and encrypted ones are not read: leave that off for this client.",
  },
  zh: {
    groups_left_out:
      "用户所在的组超过 200 个时，该提供方的令牌不含组：请让它只发送分配给该应用的组，或使用应用角色。",
    may_encrypt: "该提供方能加密 ID 令牌，而加密的令牌无法读取：请不要为此客户端启用加密。",
  },
});
