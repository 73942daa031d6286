import { describe, expect, test } from "bun:test";
import { createPrivateKey, createPublicKey, generateKeyPairSync } from "node:crypto";
import { withoutSecrets } from "./collect-files.ts";

const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
const PEM = String(privateKey.export({ type: "pkcs8", format: "pem" })).trim();
const PUBLIC = String(
  createPublicKey(createPrivateKey(PEM)).export({ type: "spki", format: "pem" }),
);
const DATA = Buffer.from(PEM).toString("base64");

const leaving = (text: string): string =>
  withoutSecrets({ path: "/etc/x", shown: "/etc/x", mode: 0o600, text }).text ?? "";

describe("security 13: what leaves a node for check has no secret", () => {
  test.each([
    ["a plain token", "token: SECRET\n"],
    ["a folded token", "user:\n  token: >-\n    SECRET\n    SECRET\nx: 1\n"],
    ["a kept block", "token: |+\n  SECRET\n\n"],
    ["a quoted password with blanks", 'password: "SECRET is SECRET"\n'],
    ["single quotes and a doubled one", "password: 'SECRET '' '\n"],
    ["a plain value with blanks", "password: SECRET SECRET\n"],
    ["a value that goes on", "password: SECRET\n  SECRET\n"],
    [
      "a registry of containerd",
      '[plugins."x".registry.configs."y".auth]\npassword = "SECRET s"\n',
    ],
    ["a variable in quotes", 'Environment="GH_TOKEN=SECRET SECRET"\n'],
    ["a bootstrap token on a command line", "ExecStart=/x --bootstrap-token SECRET\n"],
    ["a proxy", "HTTPS_PROXY=http://u:SECRET@p:1\n"],
    ["JSON of docker", '{"auths":{"r":{"auth":"SECRETSECRET"}}}'],
  ])("%s", (_name, text) => {
    const left = leaving(text);
    expect(left).not.toContain("SECRET");
    expect(left).toHaveLength(text.length);
    expect(left.split("\n")).toHaveLength(text.split("\n").length);
  });

  test.each([
    ["PEM", PEM],
    [
      "PEM below a certificate",
      `-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n${PEM}`,
    ],
  ])("of a key in %s its public half leaves", (_name, text) => {
    expect(leaving(text)).not.toContain("PRIVATE KEY");
    expect(leaving(text)).toContain(PUBLIC.trim());
  });

  test.each([
    ["on one line", `client-key-data: ${DATA}\nx: 1\n`],
    ["on the next line", `client-key-data:\n  ${DATA}\nx: 1\n`],
    ["folded", `client-key-data: >-\n  ${DATA.slice(0, 70)}\n  ${DATA.slice(70)}\nx: 1\n`],
    ["in JSON", `{"client-key-data":\n"${DATA}"}\nx: 1\n`],
  ])("of a kubeconfig's key %s its public half leaves", (_name, text) => {
    const [data = ""] = /[A-Za-z0-9+/]{60,}=*/.exec(leaving(text)) ?? [];
    expect(Buffer.from(data, "base64").toString().trim()).toBe(PUBLIC.trim());
    expect(leaving(text)).not.toContain(DATA.slice(80, 120));
  });

  test.each([
    "kind: KubeletConfiguration\nauthentication:\n  anonymous:\n    enabled: false\n",
    "",
  ])("%j leaves as it is", (text) => expect(leaving(text)).toBe(text));
});
