import { type Catalogue, catalogue, useText } from "./language";

/** What is built in says of itself, where the server's own words are not in the language of their
 * reader. */
export const builtInText: Catalogue<Record<string, string>> = catalogue<Record<string, string>>({
  en: {},
  zh: {
    "Allow deployments in system namespaces.": "允许在系统命名空间中部署。",
    "Numbers of credit cards": "信用卡号",
    "Social security numbers of the United States": "美国社会安全号码",
    "Log4Shell: code run through a lookup by JNDI": "Log4Shell：通过 JNDI 查找执行代码",
    "Spring4Shell: code run through the binding of parameters":
      "Spring4Shell：通过参数绑定执行代码",
  },
});

/** The comment of what is built in, in the language of its reader. */
export function useBuiltInText(): (comment: string) => string {
  const known = useText(builtInText);
  return (comment) => known[comment] ?? comment;
}
