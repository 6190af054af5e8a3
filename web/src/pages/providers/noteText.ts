import { type Catalogue, catalogue } from "../../text/language";

/** What the test of a provider tells beside what it found, by its codes. */
export const noteText: Catalogue<Record<string, string>> = catalogue<Record<string, string>>({
  en: {
    groups_left_out:
      "This provider leaves the groups out of the token of a user who is in more than 200: let it send only the groups that are assigned to the application, or app roles.",
  },
  zh: {
    groups_left_out:
      "用户所在的组超过 200 个时，该提供方的令牌不含组：请让它只发送分配给该应用的组，或使用应用角色。",
  },
});
