// What the server says in whole sentences of its own language: those that it makes by itself
// and often are said in the language of their reader.

import { quoted } from "../../text/turns";
import type { sentenceText } from "./words";

type Texts = (typeof sentenceText)["en"];

/** Somebody's name stands in the middle: what is before and after tells. Each fits to the end: who
 * logs in under the beginning of another sentence is still who did not log in. */
const SAID: [RegExp, (t: Texts, ...parts: string[]) => string][] = [
  [/^Federated objects were applied, up to revision (\d+)\.$/, (t, n = "") => t.applied(n)],
  [/^This cluster joined\.$/, (t) => t.joined],
  [/^This cluster joined again, and has its former entry in the federation\.$/, (t) => t.rejoined],
  [/^The cluster (.+) joined\.$/s, (t, name) => t.memberJoined(by(name))],
  [
    /^The cluster (.+) joined\. It waits for being approved\.$/s,
    (t, name) => t.memberWaits(by(name)),
  ],
  [
    /^The cluster (.+) joined again and has its former entry; its old certificates are revoked\.$/s,
    (t, name) => t.memberRejoined(by(name)),
  ],
  [
    /^The cluster (.+) joined again and has its former entry; its old certificates are revoked\. It waits for being approved\.$/s,
    (t, name) => t.memberRejoinedWaits(by(name)),
  ],
  [/^The cluster (.+) left the federation\.$/s, (t, name) => t.memberLeft(by(name))],
  [
    /^The cluster (.+) left the federation while it could not say so\.$/s,
    (t, name) => t.memberLeftBefore(by(name)),
  ],
  [/^The cluster (.+) was removed from the federation\.$/s, (t, name) => t.memberKicked(by(name))],
  [/^This cluster became a primary\.$/, (t) => t.promoted],
  [/^This cluster became a primary, because a first cluster joined\.$/, (t) => t.promotedByFirst],
  [/^The federation was dissolved\.$/, (t) => t.dissolved],
  [/^The authority is being replaced: members get new certificates\.$/, (t) => t.authorityReplaced],
  [
    /^The authority was replaced: nobody depends on the old one any more\.$/,
    (t) => t.authorityGone,
  ],
  [
    /^(.*) did not log in from (\S+): wrong user name or password\.$/s,
    (t, who, from = "") => t.notIn(by(who), from, t.wrong),
  ],
  [
    /^(.*) did not log in from (\S+): the user is blocked after too many failed logins\.$/s,
    (t, who, from = "") => t.notIn(by(who), from, t.blocked),
  ],
  [
    /^(.*) did not log in from (\S+): the password is expired; an administrator can reset it\.$/s,
    (t, who, from = "") => t.notIn(by(who), from, t.expired),
  ],
  [
    /^(.*): (\S+ \/\S*) (?:is not for|was refused to) the role "(.*)"\.$/s,
    (t, who, call = "", role) => t.denied(by(who), call, by(role)),
  ],
  [
    /^The vulnerability database (\S+) is older than (\d+) days: its newest record is of (\S+?)\.(?: Does the job that renews it run\?)?$/,
    (t, version = "", days = "", date = "") => t.outdated(version, days, date),
  ],
  [
    /^Scans use the vulnerability database (\S+) of (\S+)\.$/,
    (t, version = "", date = "") => t.scansUse(version, date),
  ],
];

function by(name = ""): string {
  return quoted(name);
}

/** A sentence of the server in the words of the portal; as it is where nobody foresaw it. */
export function toldIn(t: Texts, said: string): string {
  for (const [sentence, tell] of SAID) {
    const found = sentence.exec(said);
    if (found) return tell(t, ...found.slice(1));
  }
  return quoted(said);
}
