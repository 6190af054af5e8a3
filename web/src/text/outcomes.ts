import { type Catalogue, catalogue, useText } from "./language";
import { words } from "./words";

/** The fixed reasons for which scans and registries fail, where the server's own words are not in
 * the language of their reader. */
export const outcomeText: Catalogue<Record<string, string>> = catalogue<Record<string, string>>({
  en: {},
  zh: {
    succeeded: "成功",
    "network error": "网络错误",
    "unsupported OS": "不支持的操作系统",
    "file size over limit": "文件大小超出限制",
    "package error": "软件包错误",
    "database error": "漏洞数据库错误",
    timeout: "超时",
    "scan in progress": "正在扫描",
    "registry API error": "仓库 API 错误",
    "access file system error": "访问文件系统出错",
    "authentication error": "身份验证失败",
    "certificate error": "证书错误",
    "scan canceled": "扫描已取消",
    "Image not found": "镜像不存在",
    "invalid input arguments": "输入参数无效",
    "Authentication error": "身份验证失败",
    "Failed to connect to the registry": "无法连接到镜像仓库",
    "Failed to get scanning image list": "无法获取要扫描的镜像列表",
  },
});

/** Why a scan or a registry failed, by what the server says of it: the reason, and a detail behind a
 * colon. */
export function useOutcomeText(): (said: string) => string {
  const reasons = useText(outcomeText);
  const w = useText(words);
  return (said) => {
    const [reason = "", ...detail] = said.split(": ");
    return [reasons[reason] ?? reason, detail.join(": ")].filter(Boolean).join(w.colon);
  };
}
