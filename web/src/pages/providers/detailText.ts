import { ApiError } from "../../api/error";
import { type Catalogue, catalogue, useText } from "../../text/language";
import { quoted } from "../../text/turns";

/** What went wrong in a step of the test of a directory or provider, where the server's own words
 * are not in the language of their reader. What holds names of the house stays as it is. */
export const detailText: Catalogue<Record<string, string>> = catalogue<Record<string, string>>({
  en: {},
  zh: {
    "no answer in time": "未在规定时间内应答",
    "no end of the answer in time": "应答未在规定时间内结束",
    "the directory closed the connection: does its port want ssl?":
      "目录关闭了连接：该端口是否要求 SSL？",
    "the directory refuses the name or the password": "目录拒绝该名称或密码",
    "the directory wants an encrypted connection: set ssl or start_tls":
      "目录要求加密连接：请启用 ssl 或 start_tls",
    "the directory has no entry of that name: look at base_dn and group_dn":
      "目录中没有该名称的条目：请检查 base_dn 和 group_dn",
    "base_dn, group_dn or bind_dn is no name of an entry":
      "base_dn、group_dn 或 bind_dn 不是条目的名称",
    "the directory does not let bind_dn look there": "目录不允许 bind_dn 在该处查找",
    "the directory has no time now": "目录目前无暇应答",
    "the provider publishes none": "提供方未发布",
    "a certificate has ended": "有证书已过期",
    "it is no certificate in PEM": "不是 PEM 格式的证书",
    "there is no certificate in PEM": "没有 PEM 格式的证书",
    "the certificate is malformed": "证书格式有误",
    "an RSA key has 2048 bits at least": "RSA 密钥至少为 2048 位",
    "the key is neither RSA nor of the curves P-256 and P-384":
      "密钥既不是 RSA，也不属于 P-256 或 P-384 曲线",
    "signing_cert is no certificate in PEM": "signing_cert 不是 PEM 格式的证书",
    "signing_cert is malformed": "signing_cert 格式有误",
    "signing_key is no private key in PEM": "signing_key 不是 PEM 格式的私钥",
    "signing_key is no RSA key": "signing_key 不是 RSA 密钥",
    "signing_key is not the key of signing_cert": "signing_key 与 signing_cert 不匹配",
    "signing failed": "签名失败",
    "it is not UTF-8": "不是 UTF-8",
    "a document type is not allowed": "不允许文档类型声明",
    "it is no assertion of SAML 2.0": "不是 SAML 2.0 断言",
    "the message is no Response": "消息不是 Response",
    "the message is not of SAML 2.0": "消息不是 SAML 2.0",
    "there must be one assertion, and no more": "必须有且只有一个断言",
    "the assertion is not in the response itself": "断言不直接位于应答之中",
    "a signature is where none belongs": "签名出现在不应有的位置",
    "an element has no place": "有元素缺少位置",
    "an element has no name": "有元素缺少名称",
    "neither the response nor the assertion is signed": "应答和断言均未签名",
    "the assertion is not signed": "断言未签名",
    "no configured certificate made it, or what it covers was changed":
      "签名不是由已配置的证书生成，或所签内容已被更改",
    "it covers more than one element": "签名覆盖了多个元素",
    "it covers another element": "签名覆盖的是其他元素",
    "it covers nothing": "签名未覆盖任何内容",
    "it is encrypted, and there is no signing_key": "断言已加密，但没有 signing_key",
    "what was encrypted is no text": "加密的内容不是文本",
    "what was encrypted is no assertion": "加密的内容不是断言",
    "another provider made it": "由其他提供方生成",
    "it does not count yet; compare the clocks": "尚未生效；请核对时钟",
    "it counts no more; compare the clocks": "已失效；请核对时钟",
    "it may not be borne yet; compare the clocks": "尚不可出示；请核对时钟",
    "it may be borne no more; compare the clocks": "已不可再出示；请核对时钟",
    "it may be borne for ever": "出示期限没有终点",
    "the session at the provider has ended": "提供方的会话已结束",
    "it does not say that anybody logged in": "其中未说明有人登录",
    "the response went to another address": "应答发送到了其他地址",
    "nobody may just bear it": "不允许仅凭持有使用",
    "it answers none; a login begins here, not there": "未应答任何请求；登录须从此处发起",
    "it answers more than one": "应答了多个请求",
    "the response answers another request": "应答了其他请求",
    "there is neither Username nor Email nor a lasting NameID nor uid":
      "既没有 Username 和 Email，也没有持久的 NameID 和 uid",
  },
});

/** What holds a value, or stands at the end of a chain of causes: what the system and TLS say of
 * why nobody was reached. */
export const causeText = catalogue({
  en: {
    refused: "nothing listens at its address",
    unresolved: "its name cannot be resolved",
    late: "it did not answer in time",
    untrusted: "nobody whom we trust signed its certificate; give its authority",
    expired: "its certificate has expired",
    otherName: "its certificate is made for another name",
    answers: (status: string) => `the provider answers ${status}`,
    malformed: (why: string) => `the answer is malformed: ${why}`,
    gives: (count: string) =>
      `the directory gives ${count} of what matches and no more: let it give bind_dn more, or narrow what is looked for by a filter`,
    refers: (other: string) =>
      `the directory refers to ${other}, and referrals are not followed: configure that directory, or one that holds everything`,
    groups: (count: string) => `they are more than ${count}: narrow them by group_filter`,
    notOne: (count: string) => `${count} entries match, and one must`,
  },
  zh: {
    refused: "其地址无人监听",
    unresolved: "无法解析其名称",
    late: "未在规定时间内应答",
    untrusted: "其证书并非由受信任的颁发机构签发；请提供其颁发机构证书",
    expired: "其证书已过期",
    otherName: "其证书是为其他名称签发的",
    answers: (status: string) => `提供方返回 ${status}`,
    malformed: (why: string) => `应答格式有误：${why}`,
    gives: (count: string) =>
      `目录只给出 ${count} 个匹配的条目：请让目录向 bind_dn 给出更多，或用筛选条件缩小查找范围`,
    refers: (other: string) =>
      `目录转介到 ${other}，而转介不会被跟随：请配置该目录，或配置包含全部内容的目录`,
    groups: (count: string) => `组的数量超过 ${count}：请用 group_filter 缩小范围`,
    notOne: (count: string) => `匹配的条目有 ${count} 个，而必须恰有一个`,
  },
});

type Causes = (typeof causeText)["en"];

const CAUSES: [RegExp, (t: Causes, part: string) => string][] = [
  [/^the directory gives (\d+) of what matches and no more: .*$/, (t, count) => t.gives(count)],
  [
    /^the directory refers to (\S+), and referrals are not followed: .*$/,
    (t, other) => t.refers(quoted(other)),
  ],
  [/^they are more than (\d+): narrow them by group_filter$/, (t, count) => t.groups(count)],
  [/^(\d+) entries match, and one must$/, (t, count) => t.notOne(count)],
  [/Connection refused \(os error \d+\)$/, (t) => t.refused],
  [/failed to lookup address information: .*$/, (t) => t.unresolved],
  [/(operation|connection) timed out( \(os error \d+\))?$/i, (t) => t.late],
  [/invalid peer certificate: UnknownIssuer$/, (t) => t.untrusted],
  [/invalid peer certificate: .*expired/i, (t) => t.expired],
  [/invalid peer certificate: .*not valid for name/i, (t) => t.otherName],
  [/the provider answers (\d{3}.*)$/, (t, status) => t.answers(status)],
  [/the answer is malformed: (.*)$/s, (t, why) => t.malformed(why)],
];

/** What went wrong in a step, in the language of its reader where that is known. */
export function toldOf(detail: string, details: Record<string, string>, t: Causes): string {
  const whole = details[detail];
  if (whole) return whole;
  for (const [cause, tell] of CAUSES) {
    const found = cause.exec(detail);
    if (found) return tell(t, found[1] ?? "");
  }
  return detail;
}

/** The same error, with what went wrong in the language of its reader where that is known. */
export function useDetailed(): (error: unknown) => unknown {
  const details = useText(detailText);
  const causes = useText(causeText);
  return (error) => {
    if (!(error instanceof ApiError) || !error.detail) return error;
    const { status, code, message, reason, passwordRules } = error;
    const detail = toldOf(error.detail, details, causes);
    return new ApiError(status, code, message, reason, passwordRules, detail);
  };
}
