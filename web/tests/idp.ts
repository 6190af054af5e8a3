// Providers of single sign-on on loopback: the programs that the black-box
// tests use too.

import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { get } from "node:https";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { shop, until } from "./shop";

const PROGRAMS = new URL("../../tests/idp/", import.meta.url).pathname;

export interface Idp {
  issuer: string;
  /** What vouches for its TLS, in PEM. */
  authority: string;
  metadata: () => Promise<string>;
  stop: () => void;
}

/** Below the ports that the system lends to connections, and above those of the shop. */
const PORTS = { first: 31_700, count: 1_000 };
let place = Math.floor(Math.random() * PORTS.count);

/** A port that nobody else is given before it is used. */
async function freePort(): Promise<number> {
  for (;;) {
    place = (place + 1) % PORTS.count;
    const port = PORTS.first + place;
    const server = createServer();
    const isFree = await new Promise<boolean>((done) => {
      server.once("error", () => done(false)).listen(port, "127.0.0.1", () => done(true));
    });
    if (!isFree) continue;
    await new Promise((done) => server.close(done));
    return port;
  }
}

/** An authority, a certificate of it for loopback, and one to sign with. */
function certificates(folder: string) {
  const openssl = (...parts: string[]) =>
    execFileSync("openssl", parts, { cwd: folder, stdio: ["ignore", "ignore", "pipe"] });
  const made = ["-newkey", "rsa:2048", "-noenc", "-days", "2"];
  openssl("req", "-x509", ...made, "-subj", "/CN=authority", "-keyout", "ca.key", "-out", "ca.pem");
  openssl("req", ...made.slice(0, 3), "-subj", "/CN=idp", "-keyout", "tls.key", "-out", "tls.csr");
  writeFileSync(join(folder, "san"), "subjectAltName=IP:127.0.0.1\n");
  openssl(
    ...["x509", "-req", "-in", "tls.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-days", "2"],
    ...["-extfile", "san", "-out", "tls.pem"],
  );
  openssl("req", "-x509", ...made, "-subj", "/CN=saml", "-keyout", "sign.key", "-out", "sign.pem");
  const text = (name: string) => readFileSync(join(folder, name), "utf8");
  return {
    authority: text("ca.pem"),
    signing: { key: text("sign.key"), certificate: text("sign.pem") },
  };
}

function answer(url: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const sent = get(url, { rejectUnauthorized: false, timeout: 5_000 }, (response) => {
      let text = "";
      response.on("data", (part) => {
        text += part;
      });
      response.on("end", () => resolve(response.statusCode === 200 ? text : undefined));
    });
    sent.on("timeout", () => sent.destroy());
    sent.on("error", () => resolve(undefined));
  });
}

async function start(program: string, ready: string, more: object): Promise<Idp> {
  const folder = mkdtempSync(join(tmpdir(), "palisade-idp-"));
  const { authority, signing } = certificates(folder);
  const port = await freePort();
  const issuer = `https://127.0.0.1:${port}`;
  const config = {
    ...{ port, issuer, signing, other: signing },
    ...{ certificate: join(folder, "tls.pem"), key: join(folder, "tls.key") },
    ...more,
  };
  writeFileSync(join(folder, "config.json"), JSON.stringify(config));
  const child: ChildProcess = spawn(
    process.execPath,
    [join(PROGRAMS, program), join(folder, "config.json")],
    { stdio: ["ignore", "ignore", "inherit"] },
  );
  await until(
    "the provider answers",
    async () => (await answer(`${issuer}${ready}`)) !== undefined,
  );
  return {
    issuer,
    authority,
    metadata: async () => (await answer(`${issuer}${ready}`)) ?? "",
    stop: () => {
      child.kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export function startSaml(): Promise<Idp> {
  const attributes = { Username: ["mary"], NVRoleGroup: ["auditors"] };
  const accounts = { mary: { name_id: "mary@example.org", attributes } };
  return start("saml.mjs", "/metadata", { accounts });
}

export function startOpenId(): Promise<Idp> {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const key = { ...privateKey.export({ format: "jwk" }), kid: "one", use: "sig", alg: "RS256" };
  return start("provider.mjs", "/.well-known/openid-configuration", {
    jwks: { keys: [key] },
    clients: [
      {
        client_id: "palisade",
        client_secret: "client-secret",
        redirect_uris: [`${shop.portal}/sign-in`],
        post_logout_redirect_uris: [`${shop.portal}/sign-in`],
      },
    ],
    accounts: { joe: { name: "Joe", preferred_username: "joe", groups: ["auditors"] } },
  });
}
