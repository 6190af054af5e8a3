// Staging's webhook, called as the API server of the cluster would.

import { readFileSync } from "node:fs";
import { request } from "node:https";

import { required, shop } from "./shop";

/** Asks staging's webhook, as its API server would, whether a pod may be created. */
export async function review(image: string, pod: string): Promise<boolean> {
  const group = { group: "", version: "v1", kind: "Pod" };
  const resource = { group: "", version: "v1", resource: "pods" };
  const body = JSON.stringify({
    apiVersion: "admission.k8s.io/v1",
    kind: "AdmissionReview",
    request: {
      uid: "c0ffee00-0000-4000-8000-000000000002",
      kind: group,
      resource,
      requestKind: group,
      requestResource: resource,
      name: pod,
      namespace: "shop",
      operation: "CREATE",
      dryRun: false,
      options: null,
      oldObject: null,
      userInfo: { username: "barista", groups: ["system:authenticated"] },
      object: {
        apiVersion: "v1",
        kind: "Pod",
        metadata: { name: pod, namespace: "shop", labels: { app: "orders" } },
        spec: { containers: [{ name: "orders", image: `${shop.registry}/shop/${image}` }] },
      },
    },
  });
  const answer = await post(`${required("STAGING_WEBHOOK")}/v1/validate`, body);
  return (JSON.parse(answer) as { response: { allowed: boolean } }).response.allowed;
}

function post(url: string, body: string): Promise<string> {
  const ca = readFileSync(`${shop.folder}/staging/webhook-ca.pem`);
  return new Promise((resolve, reject) => {
    const call = request(
      url,
      { method: "POST", ca, timeout: 30_000, headers: { "Content-Type": "application/json" } },
      (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (part: string) => {
          text += part;
        });
        response.on("end", () => resolve(text));
      },
    );
    call.on("timeout", () => call.destroy(new Error(`${url} did not answer`)));
    call.on("error", reject);
    call.end(body);
  });
}
