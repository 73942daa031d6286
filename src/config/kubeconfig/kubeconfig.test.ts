import { describe, expect, test } from "bun:test";
import { parseKubeconfig } from "../mod.ts";
import { briefly, mustHave } from "../testing.ts";

const PEM = "-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----\n";
const KEY = "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n";
const text = `apiVersion: v1
kind: Config
clusters:
- name: hard-way
  cluster:
    server: https://server.kubernetes.local:6443
    certificate-authority-data: ${btoa(PEM)}
- name: other
  cluster: {server: "https://10.0.0.1:6443", certificate-authority: /ca.crt}
users:
- name: system:node:node-0
  user:
    client-certificate-data: ${btoa(PEM)}
    client-key-data: ${btoa(KEY)}
- name: robot
  user: {token: s3cret, exec: {apiVersion: v1, command: login}}
contexts:
- name: default
  context: {cluster: hard-way, user: "system:node:node-0"}
- name: second
  context: {cluster: other, user: robot, namespace: dev}
- name: broken
  context: {cluster: othr, user: robot}
current-context: default
`;

describe("parseKubeconfig()", () => {
  test("resolves the current context, data decoded, with places", () => {
    const { value, problems } = parseKubeconfig(text, "k");
    expect(problems).toEqual([]);
    const resolved = value?.resolve();
    if (resolved?.ok !== true) throw new Error("not resolved");
    expect(resolved.value).toMatchObject({
      context: "default",
      cluster: "hard-way",
      user: "system:node:node-0",
      server: {
        value: "https://server.kubernetes.local:6443",
        location: { file: "k", line: 6, column: 13 },
      },
      caData: { value: PEM, location: { line: 7 } },
      clientCertificateData: { value: PEM, location: { line: 13 } },
      caFile: undefined,
      token: undefined,
    });
    expect(resolved.value.clientKeyData?.value.reveal()).toBe(KEY);
  });

  test("resolves another context by name", () => {
    const resolved = mustHave(parseKubeconfig(text, "k")).resolve("second");
    if (!resolved.ok) throw new Error("not resolved");
    expect(resolved.value).toMatchObject({
      namespace: { value: "dev" },
      caFile: { value: "/ca.crt" },
      execCommand: { value: "login" },
    });
    expect(resolved.value.token?.value.reveal()).toBe("s3cret");
  });

  test("never prints a secret", () => {
    const config = mustHave(parseKubeconfig(text, "k"));
    const printed = JSON.stringify([config.resolve(), config.resolve("second")]);
    expect(printed).not.toContain("s3cret");
    expect(printed).not.toContain("PRIVATE KEY");
    const wrong = parseKubeconfig(text.replace("token: s3cret", "token: [s3cret]"), "k");
    expect(wrong.problems).toHaveLength(1);
    expect(JSON.stringify(wrong.problems)).not.toContain("s3cret");
  });

  test.each([
    ["broken", "unknown-reference", 'No entry in clusters: "othr"', 'write "other"'],
    ["defualt", "unknown-reference", 'No entry in contexts: "defualt"', 'write "default"'],
  ])("says what the context %s lacks", (name, code, message, fix) => {
    const resolved = mustHave(parseKubeconfig(text, "k")).resolve(name);
    expect(resolved).toMatchObject({ ok: false, error: { code, message, fix } });
  });

  test("says that there is no current context", () => {
    const config = mustHave(parseKubeconfig(text.replace(/current-context.*/, ""), "k"));
    expect(config.resolve()).toMatchObject({ ok: false, error: { code: "missing-key" } });
  });

  test.each([
    [
      "server: https://server.kubernetes.local:6443",
      "server: server:6443",
      'error wrong-value 6:13 Expected a URL such as https://server:6443 at clusters[0].cluster.server: "server:6443"',
    ],
    [
      "server: https://server.kubernetes.local:6443",
      "sever: https://x",
      'error missing-key 6:5 Missing key in clusters[0].cluster: "server"',
    ],
    [
      "kind: Config",
      "kind: KubeletConfiguration",
      'error wrong-value 2:7 Expected one of "Config" at kind: "KubeletConfiguration"',
    ],
    [
      "current-context: default",
      "current_context: default",
      'warning unknown-key 24:1 Unknown key in the document: "current_context"',
    ],
  ])("%j to %j", (from, to, want) => {
    expect(briefly(parseKubeconfig(text.replace(from, to), "k").problems)).toContain(want);
  });
});
