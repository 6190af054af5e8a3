// Imports go on at the primary after the file was sent: they are asked how far
// they are until they are done.

import { type PathOf, type Schema, send, type Target } from "../api/client";

const ASK_EVERY_MS = 500;

export interface ImportOptions extends Pick<Target, "query" | "cluster"> {
  /** Whether what the file lacks is removed. */
  overwrite: boolean;
  onProgress: (percentage: number) => void;
}

/** Imports a file and says when it is done what was left out; throws why it was not done. */
export async function importFile(
  path: PathOf<"post">,
  file: Blob,
  { overwrite, onProgress, ...target }: ImportOptions,
): Promise<string[]> {
  const first = overwrite ? { "X-Import-Overwrite": "1" } : undefined;
  let answer = await send("post", path, { ...target, ...(first && { headers: first }) }, file);
  while (answer.status === 206) {
    const { data } = (await answer.json()) as Schema<"ImportTaskData">;
    onProgress(data.percentage);
    await new Promise((done) => setTimeout(done, ASK_EVERY_MS));
    const headers = { "X-Transaction-ID": data.tid };
    answer = await send("post", path, { ...target, headers }, new Blob([]));
  }
  const { data } = (await answer.json()) as Schema<"ImportTaskData">;
  return data.left_out ?? [];
}
