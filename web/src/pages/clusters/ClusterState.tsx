import { catalogue, useText } from "../../text/language";
import { State, type Tone } from "../../ui/State";

export const stateText = catalogue({
  en: {
    active: "Active",
    synced: "Synced",
    connected: "Connected",
    joined: "Not connected yet",
    notified: "Fetching",
    pending: "Waits for approval",
    out_of_sync: "Catching up",
    syncing: "Being sent changes",
    pinging: "Asked for a sign of life",
    disconnected: "Disconnected",
    kicked: "Removed",
    left: "Left",
    joint_upgrade_required: "Agent too old",
    joint_version_too_new: "Primary too old",
    cluster_upgrade_ongoing: "Waits for the upgrade",
  },
  zh: {
    active: "活动",
    synced: "已同步",
    connected: "已连接",
    joined: "尚未连接",
    notified: "正在获取",
    pending: "等待批准",
    out_of_sync: "正在追赶",
    syncing: "正在发送更改",
    pinging: "正在探测",
    disconnected: "已断开",
    kicked: "已移除",
    left: "已离开",
    joint_upgrade_required: "代理版本过旧",
    joint_version_too_new: "主集群版本过旧",
    cluster_upgrade_ongoing: "等待升级完成",
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
  syncing: "busy",
  pinging: "busy",
  disconnected: "bad",
  kicked: "bad",
  left: "bad",
  joint_upgrade_required: "bad",
  joint_version_too_new: "bad",
  cluster_upgrade_ongoing: "busy",
};

export function toneOf(status: string): Tone {
  return TONES[status as Known] ?? "busy";
}

/** What a member's state means to somebody who looks at the list. */
export function ClusterState({ status }: { status: string }) {
  const t = useText(stateText);
  return <State tone={toneOf(status)}>{t[status as Known] ?? status}</State>;
}
