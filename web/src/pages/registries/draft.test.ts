import { describe, expect, it } from "vitest";

import { configOf, draftOf } from "./draft";
import { KINDS } from "./kinds";

const SECRETS = ["password", "auth_token", "gcr_key", "gitlab_private_token"] as const;

describe("settings of a registry", () => {
  it.each(KINDS)("%s: an untouched form sends no secret, so that the present one stays", (kind) => {
    const config = configOf({ ...draftOf(undefined), kind });
    for (const secret of SECRETS) expect(config).not.toHaveProperty(secret);
    expect(config.aws_key ?? {}).not.toHaveProperty("secret_access_key");
  });

  it("sends what the kind knows, and nothing of another", () => {
    const typed = {
      ...draftOf(undefined),
      password: "p",
      secretKey: "s",
      gitlabToken: "g",
      jsonKey: "{}",
    };
    expect(configOf({ ...typed, kind: "Quay" }).password).toBe("p");
    const amazon = configOf({ ...typed, kind: "Amazon ECR Registry" });
    expect(amazon.aws_key?.secret_access_key).toBe("s");
    expect(amazon).not.toHaveProperty("password");
    expect(configOf({ ...typed, kind: "Gitlab" }).gitlab_private_token).toBe("g");
    expect(configOf({ ...typed, kind: "Google Container Registry" }).gcr_key).toEqual({
      json_key: "{}",
    });
  });

  it("reads filters by line and an interval in minutes", () => {
    const draft = {
      ...draftOf(undefined),
      filters: " a/*\n\nb:1 \n",
      schedule: "periodical",
      minutes: 10,
    };
    expect(configOf(draft).filters).toEqual(["a/*", "b:1"]);
    expect(configOf(draft).schedule).toEqual({ schedule: "periodical", interval: 600 });
    expect(configOf({ ...draft, schedule: "auto" }).schedule?.interval).toBe(0);
  });
});
