import { ApiError } from "../../api/error";
import { type Catalogue, catalogue, useText } from "../../text/language";

interface Steps {
  steps: Record<string, string>;
  failed: (step: string, reason: string) => string;
  notes: Record<string, string>;
}

/** The steps of the test of a provider, and what it tells beside them, where the server's own words
 * are not in the language of their reader. */
export const stepText: Catalogue<Steps> = catalogue<Steps>({
  en: { steps: {}, failed: (step, reason) => `${step} failed: ${reason}`, notes: {} },
  zh: {
    steps: {
      "fetching the discovery document": "获取发现文档",
      "fetching the signing keys": "获取签名密钥",
      "finding the token endpoint": "查找令牌端点",
      "agreeing on a signature": "协商签名算法",
      "reading x509_cert": "读取 x509_cert",
      "reading signing_cert and signing_key": "读取 signing_cert 和 signing_key",
      "decoding the message": "解码消息",
      "reading the message as XML": "将消息解析为 XML",
      "finding one assertion where it belongs": "在应有的位置查找断言",
      "verifying the signature": "验证签名",
      "decrypting the assertion": "解密断言",
      "logging in at the provider": "在提供方登录",
      "comparing the issuer": "比较颁发者",
      "comparing the time": "比较时间",
      "comparing the audience": "比较受众",
      "comparing the recipient": "比较接收方",
      "finding the request that is answered": "查找所应答的请求",
      "seeing the assertion for the first time": "确认断言首次出现",
      "finding the user's name": "查找用户名",
    },
    failed: (step, reason) => `${step}失败：${reason}`,
    notes: {
      "This provider leaves the groups out of the token of a user who is in more than 200: let it send only the groups that are assigned to the application, or app roles.":
        "用户所在的组超过 200 个时，该提供方的令牌不含组：请让它只发送分配给该应用的组，或使用应用角色。",
    },
  },
});

/** What went wrong in the test of a provider: a step by its name, all else as it came. */
export function useFailedStep(): (error: unknown) => unknown {
  const t = useText(stepText);
  return (error) => {
    if (!(error instanceof ApiError)) return error;
    const [, step = "", reason = ""] = /^(.+?) failed: (.*)$/s.exec(error.message) ?? [];
    const known = t.steps[step];
    return known ? new Error(t.failed(known, reason)) : error;
  };
}
