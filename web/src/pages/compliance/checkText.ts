import { catalogue, useText } from "../../text/language";

interface Check {
  test_number?: string;
  description?: string;
  remediation?: string;
}

/** What the checks say, where the server's own sentence is not in the language of its reader. */
const checkText = catalogue({
  en: {
    descriptions: {} as Record<string, string>,
    remediations: {} as Record<string, string>,
  },
  zh: {
    descriptions: {
      "I.4.1": "镜像以 root 运行",
      "I.4.3": "镜像包含运行时不需要的包管理器",
      "I.4.6": "镜像未说明如何检查其健康状况",
      "I.4.8": "文件以其属主或属组的身份运行，无论由谁启动",
      "I.4.9": "镜像使用 ADD 构建，可能下载并解包内容",
      "I.4.10": "镜像包含密钥",
    },
    remediations: {
      "I.4.1": "使用 USER 指定其他用户",
      "I.4.3": "在单独的阶段中安装软件包，并从中复制所需内容",
      "I.4.6": "添加 HEALTHCHECK 指令",
      "I.4.8": "去除 setuid 和 setgid 位，或删除该文件",
      "I.4.9": "使用 COPY 代替 ADD",
    },
  },
});

/** What a check found wrong, and what to do about it, for people. */
export function useCheckText(): (check: Check) => { description: string; remediation: string } {
  const t = useText(checkText);
  return ({ test_number: number = "", description = "", remediation = "" }) => ({
    description: t.descriptions[number] ?? description,
    remediation: t.remediations[number] ?? remediation,
  });
}
