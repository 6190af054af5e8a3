import { catalogue, useText } from "../../text/language";
import { State, type Tone } from "../../ui/State";

export const stateText = catalogue({
  en: {
    active: "Active",
    synced: "Synced",
    connected: "Connected",
    joined: "Not connected yet",
    notified: "Fetching",
    pending: "Joining",
    out_of_sync: "Catching up",
    disconnected: "Disconnected",
    kicked: "Removed",
    left: "Left",
  },
  zh: {
    active: "活动",
    synced: "已同步",
    connected: "已连接",
    joined: "尚未连接",
    notified: "正在获取",
    pending: "正在加入",
    out_of_sync: "正在追赶",
    disconnected: "已断开",
    kicked: "已移除",
    left: "已离开",
  },
});

type Known = keyof (typeof stateText)["en"];

const TONES: Record<Known, Tone> = {
  active: "good",
  synced: "good",
  connected: "busy",
  joined: "busy",
  notified: "busy",
  pending: "busy",
  out_of_sync: "busy",
  disconnected: "bad",
  kicked: "bad",
  left: "bad",
};

export function toneOf(status: string): Tone {
  return TONES[status as Known] ?? "busy";
}

/** What a member's state means to somebody who looks at the list. */
export function ClusterState({ status }: { status: string }) {
  const t = useText(stateText);
  return <State tone={toneOf(status)}>{t[status as Known] ?? status}</State>;
}
