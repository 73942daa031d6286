import { describe, expect, test } from "bun:test";
import { ProblemsError } from "../../base/mod.ts";
import { loadConnection, parseKubeconfigContext, toConnection } from "./mod.ts";

const BASE = (cluster: string, user: string, current = "default"): string => `apiVersion: v1
kind: Config
current-context: ${current}
clusters:
- name: c
  cluster: {server: "https://a:6443"${cluster}}
contexts:
- name: default
  context: {cluster: c, user: u}
users:
- name: u
  user: {${user}}
`;

describe("parseKubeconfigContext()", () => {
  test.each([
    {
      name: "data",
      text: BASE(
        ", certificate-authority-data: Q0E=",
        "client-certificate-data: Q1JU, client-key-data: S0VZ",
      ),
      want: { ca: "CA", cert: "CRT", key: "KEY", token: undefined },
    },
    {
      name: "paths beside the kubeconfig",
      text: BASE(
        ", certificate-authority: ca.crt",
        "client-certificate: /abs/c.crt, client-key: c.key",
      ),
      want: { ca: "</dir/ca.crt>", cert: "</abs/c.crt>", key: "</dir/c.key>", token: undefined },
    },
    {
      name: "data before paths",
      text: BASE(
        ", certificate-authority-data: Q0E=, certificate-authority: ca.crt",
        "token: T, tokenFile: t",
      ),
      want: { ca: "CA", cert: undefined, key: undefined, token: "T" },
    },
    {
      name: "a token file",
      text: BASE("", "tokenFile: t"),
      want: { ca: undefined, cert: undefined, key: undefined, token: "</dir/t>" },
    },
  ])("takes $name", async ({ text, want }) => {
    const context = parseKubeconfigContext(text, "/dir/kubeconfig");
    if (!context.ok) throw new Error(JSON.stringify(context.error));
    const read = async (path: string): Promise<string> => `<${path}>`;
    const connection = await toConnection(context.value, "/dir/kubeconfig", read);
    expect(connection.server).toBe("https://a:6443");
    expect({
      ca: connection.ca,
      cert: connection.cert,
      key: connection.key?.reveal(),
      token: connection.token?.reveal(),
    }).toEqual(want);
  });

  test.each([
    { name: "an empty file", text: "", at: 1 },
    { name: "a context that is not there", text: BASE("", "token: t", "other"), at: 3 },
    { name: "a proxy", text: BASE(", proxy-url: 'http://p:1'", "token: t"), at: 6 },
    {
      name: "an exec plugin",
      text: BASE("", "exec: {apiVersion: client.authentication.k8s.io/v1, command: x}"),
      at: 12,
    },
    { name: "a password", text: BASE("", "username: me, password: hunter2"), at: 12 },
    {
      name: "data that is not base64",
      text: BASE(", certificate-authority-data: '%'", "token: t"),
      at: 6,
    },
    { name: "tabs", text: "\tapiVersion: v1\n", at: 1 },
  ])("refuses $name with its line", ({ text, at }) => {
    const context = parseKubeconfigContext(text, "f");
    if (context.ok) throw new Error("accepted");
    expect(context.error[0].locations[0]).toMatchObject({ file: "f", line: at });
    expect(JSON.stringify(context.error)).not.toContain("hunter2");
  });
});

describe("loadConnection()", () => {
  test("says what to do where there is no file", async () => {
    const thrown = await loadConnection("/no/such/kubeconfig").catch((error: unknown) => error);
    expect(thrown).toMatchObject({ kind: "kubeconfig", fix: expect.stringContaining("pki") });
  });

  test("reports every problem of a file that cannot be used", async () => {
    const thrown = await loadConnection("/dev/null").catch((error: unknown) => error);
    expect(thrown).toBeInstanceOf(ProblemsError);
  });
});
