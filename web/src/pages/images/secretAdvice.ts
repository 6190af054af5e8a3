import { type Catalogue, catalogue, useText } from "../../text/language";

type About = "key" | "store" | "other";

/** What to do about secrets, where the server's own sentence is not in the language of its reader. */
const adviceText: Catalogue<Partial<Record<About, string>>> = catalogue<
  Partial<Record<About, string>>
>({
  en: {},
  zh: {
    key: "不要将私钥放入镜像：在容器启动时挂载，并更换此私钥",
    store: "不要将密钥库放入镜像：在容器启动时挂载",
    other: "不要将其放入镜像：在容器启动时传入，并更换它",
  },
});

/** What a secret is about, by its kind. */
export function aboutOf(kind: string): About {
  if (kind.endsWith("Key.Store")) return "store";
  return kind.includes("Private") ? "key" : "other";
}

/** What to do about a secret in an image. */
export function useSecretAdvice(): (secret: { type?: string; suggestion?: string }) => string {
  const t = useText(adviceText);
  return ({ type = "", suggestion = "" }) => t[aboutOf(type)] ?? suggestion;
}
