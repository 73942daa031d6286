import { expect, test } from "bun:test";
import { CERTIFICATE_SIGNING_REQUESTS, KubeClient } from "../client/mod.ts";
import { createKey, createSigningRequest } from "../pki/mod.ts";
import { FakeApiServer, TestAuthority } from "../testing/mod.ts";
import { approveServing } from "./mod.ts";

const NODE = { name: "n1", dnsNames: ["n1.example"], addresses: ["10.0.0.1"] };

async function csr(name: string, address: string) {
  const subject = {
    commonName: "system:node:n1",
    organizations: ["system:nodes"],
    addresses: [address],
  };
  const pem = await createSigningRequest(subject, await createKey());
  return {
    metadata: { name },
    spec: {
      signerName: "kubernetes.io/kubelet-serving",
      username: "system:node:n1",
      groups: ["system:nodes"],
      usages: ["digital signature", "server auth"],
      request: Buffer.from(pem).toString("base64"),
    },
  };
}

test("approveServing() approves the node's own request once, and notes the others", async () => {
  const authority = await TestAuthority.create();
  await using server = await FakeApiServer.start({
    ...(await authority.issueServer()),
    clientCa: authority.certificate,
  });
  const user = { name: "admin", group: "system:masters" };
  using client = new KubeClient(await authority.connect(server.url, user));
  const find = (name: string) => server.store.get(CERTIFICATE_SIGNING_REQUESTS, name);
  server.store.put(CERTIFICATE_SIGNING_REQUESTS, await csr("foreign", "10.0.0.2"));
  // The kubelet asks after a while, and serves a while after it was approved.
  const asked = await csr("own", "10.0.0.1");
  let passes = 0;
  server.intercept = ({ path }) => {
    if (!path.startsWith("/api/v1/nodes/n1/proxy/healthz")) return undefined;
    passes++;
    if (passes === 2) server.store.put(CERTIFICATE_SIGNING_REQUESTS, asked);
    return passes < 5
      ? { code: 503, reason: "ServiceUnavailable", message: "remote error: tls: internal error" }
      : { text: "ok" };
  };
  const notes: string[] = [];
  let now = 0;
  const options = {
    clock: {
      now: () => now,
      sleep: async (ms: number) => {
        now += ms;
      },
    },
    signal: new AbortController().signal,
    timeoutMs: 60_000,
    onNote: (text: string) => notes.push(text),
  };
  await approveServing(client, NODE, options);
  expect(passes).toBe(5);
  expect(notes).toEqual([
    'not approved, foreign of the kubelet for its serving certificate: machines.txt does not have ["10.0.0.2"] for this node',
    "approved own of the kubelet for its serving certificate",
  ]);
  expect(find("own")?.status?.conditions).toEqual([
    expect.objectContaining({ type: "Approved", status: "True", reason: "NodewrightApply" }),
  ]);
  expect(find("foreign")?.status).toBeUndefined();

  const before = server.requests.length;
  await approveServing(client, NODE, options);
  expect(server.requests.slice(before).map(({ method }) => method)).toEqual(["GET", "GET"]);
  expect(find("own")?.status?.conditions).toHaveLength(1);

  // A kubelet that is never reached: an end, and a word about it.
  server.intercept = ({ path }) =>
    path.includes("/proxy/") ? { code: 502, reason: "BadGateway", message: "x" } : undefined;
  await approveServing(client, NODE, { ...options, timeoutMs: 3_000 });
  expect(notes.at(-1)).toContain("does not reach the kubelet yet");

  // A server in trouble is no reason to take the node's change back.
  server.intercept = () => ({ code: 500, reason: "InternalError", message: "etcd is gone" });
  await approveServing(client, NODE, { ...options, timeoutMs: 3_000 });
  expect(notes.at(-1)).toContain("etcd is gone");
});
