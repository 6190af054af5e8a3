// What happens to the page of somebody whose session ends by itself: it is covered, and nothing of
// it is lost, until somebody signs in.

import { focusManager } from "@tanstack/react-query";
import { useEffect, useState } from "react";

import { get } from "../api/client";
import { queries } from "../api/query";
import { endedByItself, useSession } from "./session";

/** Whether who signs in now is who the page was made for. */
async function isTheSame(): Promise<boolean> {
  const before = queries.getQueryData<Self>(["/v1/selfuser", {}]);
  const now = await get("/v1/selfuser");
  return before?.user.fullname === now.user.fullname;
}

type Self = Awaited<ReturnType<typeof get<"/v1/selfuser">>>;

/** Whether the page is covered by the way to sign in again. */
export function useCover(): boolean {
  const { signedIn, end } = useSession();
  const [covered, cover] = useState(false);
  const ended = !signedIn && endedByItself(end);
  useEffect(() => {
    if (ended) cover(true);
  }, [ended]);
  useEffect(() => {
    if (!covered) return;
    // What is covered asks for nothing.
    focusManager.setFocused(false);
    return () => focusManager.setFocused(undefined);
  }, [covered]);
  useEffect(() => {
    if (!covered || !signedIn) return;
    isTheSame()
      .catch(() => false)
      .then((same) => {
        // Nothing of one person is shown to the next.
        if (!same) return location.assign("/");
        cover(false);
        void queries.invalidateQueries();
      });
  }, [covered, signedIn]);
  return covered || ended;
}
