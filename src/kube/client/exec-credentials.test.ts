import { describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Clock, systemClock } from "../../base/mod.ts";
import { ExecCredentials, readExecCredential } from "./exec-credentials.ts";
import { parseKubeconfigContext } from "./kubeconfig.ts";

const V1 = "client.authentication.k8s.io/v1";
const answer = (status: unknown, more: object = {}): string =>
  JSON.stringify({ apiVersion: V1, kind: "ExecCredential", status, ...more });

describe("readExecCredential()", () => {
  test.each([
    { name: "what is no JSON", text: "token", want: "it is not JSON" },
    { name: "null", text: "null", want: "it is not an ExecCredential of" },
    { name: "another kind", text: answer({ token: "t" }, { kind: "X" }), want: "it is not an" },
    { name: "another version", text: answer({}, { apiVersion: "v2" }), want: "it is not an" },
    { name: "nothing", text: answer({}), want: "neither a token nor a certificate" },
    { name: "no status", text: answer(null), want: "neither a token nor a certificate" },
    { name: "half a pair", text: answer({ clientCertificateData: "C" }), want: "only one of" },
    { name: "no time", text: answer({ token: "t", expirationTimestamp: "x" }), want: "no time" },
  ])("refuses $name", ({ text, want }) => {
    expect(readExecCredential(text, V1)).toMatchObject({
      ok: false,
      reason: expect.stringContaining(want),
    });
  });

  test("takes a pair with its end", () => {
    const read = readExecCredential(
      answer({
        ...{ clientCertificateData: "C", clientKeyData: "K" },
        expirationTimestamp: "2030-01-01T00:00:00Z",
      }),
      V1,
    );
    expect(read).toMatchObject({ ok: true, until: Date.UTC(2030, 0, 1) });
    if (read.ok)
      expect([read.credentials.cert, read.credentials.key?.reveal()]).toEqual(["C", "K"]);
  });
});

/** A plugin that is a shell script beside its kubeconfig. */
function plugin(script: string, more = "", clock: Clock = systemClock): ExecCredentials {
  const directory = mkdtempSync(join(tmpdir(), "exec-plugin-"));
  writeFileSync(join(directory, "plugin"), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  const file = join(directory, "kubeconfig");
  const text = `apiVersion: v1
kind: Config
current-context: c
clusters: [{name: c, cluster: {server: "https://a:6443"}}]
contexts: [{name: c, context: {cluster: c, user: u}}]
users:
- name: u
  user:
    exec: {apiVersion: ${V1}, command: ./plugin, args: [one, "a b"], env: [{name: WHO, value: me}], ${more} interactiveMode: Never}
`;
  const context = parseKubeconfigContext(text, file, { runsPlugins: true });
  if (!context.ok || context.value.exec === undefined) throw new Error("no plugin");
  const cluster = { server: "https://a:6443", ca: "CA" };
  return new ExecCredentials(context.value.exec, { clock, file, cluster });
}

describe("ExecCredentials", () => {
  test("gives arguments and variables, and the cluster where it is asked for", async () => {
    const out = join(mkdtempSync(join(tmpdir(), "exec-out-")), "seen");
    const print = answer({ token: "t" });
    const script = `printf '%s|%s|%s|%s' "$1" "$2" "$WHO" "$KUBERNETES_EXEC_INFO" >${out}; echo '${print}'`;
    const credentials = await plugin(script, "provideClusterInfo: true,").current();
    expect(credentials.token?.reveal()).toBe("t");
    const [one, two, who, info] = readFileSync(out, "utf8").split("|");
    expect([one, two, who]).toEqual(["one", "a b", "me"]);
    expect(JSON.parse(info ?? "")).toEqual({
      apiVersion: V1,
      kind: "ExecCredential",
      spec: {
        interactive: false,
        cluster: {
          server: "https://a:6443",
          "certificate-authority-data": Buffer.from("CA").toString("base64"),
        },
      },
    });
  });

  test("runs again after the end of what it printed, and after a refusal", async () => {
    let now = Date.UTC(2029, 11, 31);
    const count = join(mkdtempSync(join(tmpdir(), "exec-count-")), "count");
    writeFileSync(count, "");
    const print = answer({ token: "t", expirationTimestamp: "2030-01-01T00:00:00Z" });
    const clock = { ...systemClock, now: () => now };
    const credentials = plugin(`printf x >>${count}; echo '${print}'`, "", clock);
    await Promise.all([credentials.current(), credentials.current()]);
    await credentials.current();
    expect(readFileSync(count, "utf8")).toBe("x");
    credentials.forget();
    await credentials.current();
    now = Date.UTC(2030, 0, 2);
    await credentials.current();
    expect(readFileSync(count, "utf8")).toBe("xxx");
  });

  test.each([
    { name: "fails", script: "echo no luck >&2; exit 3", want: "exit code 3 no luck" },
    { name: "prints something else", script: "echo hello", want: "it is not JSON" },
  ])("says so where the program $name", async ({ script, want }) => {
    const thrown = await plugin(script)
      .current()
      .catch((error: unknown) => error);
    expect(thrown).toMatchObject({
      kind: "kubeconfig",
      message: expect.stringContaining(want),
      locations: [expect.objectContaining({ line: 9 })],
    });
  });
});
