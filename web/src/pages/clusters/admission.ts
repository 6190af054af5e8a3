// Whether and how a cluster decides on what is created in it, as it says itself.

import { get, patch, type Schema } from "../../api/client";
import { useChange, useGet } from "../../api/query";

const PATH = "/v1/admission/state";

type State = Schema<"AdmissionState">;

export function useAdmission(cluster: string, every: number) {
  return useGet(PATH, { cluster, every });
}

/** Switches it, or sets its mode; `done` is what is said then. */
export function useAdmissionChange(cluster: string, done: string) {
  const put = (state: State) => patch(PATH, { state }, { cluster });
  return useChange(({ to }: Record<"to" | "from", State>) => put(to), {
    done,
    read: async () => {
      const { state } = await get(PATH, { cluster });
      return [state?.enable, state?.mode];
    },
    undo:
      ({ from }) =>
      () =>
        put({ enable: from.enable ?? false, mode: from.mode || "monitor" }),
  });
}
