import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLogger, pollUntil, systemClock } from "../../base/mod.ts";
import {
  type CertificateSigningRequest,
  CERTIFICATE_SIGNING_REQUESTS as CSRS,
  KubeClient,
  SERVICES,
} from "../../kube/client/mod.ts";
import { createKey, issueCertificate, renderKubeconfig } from "../../kube/pki/mod.ts";
import { FakeApiServer, TestAuthority } from "../../kube/testing/mod.ts";
import { rotationDue, toPair } from "./mod.ts";
import { NodeCredentials } from "./node-credentials.ts";
import { issuedCertificate, requestName } from "./request-certificate.ts";

test("rotationDue() is between 70 and 90 % of a certificate's time", () => {
  const info = { notBefore: new Date(1000), notAfter: new Date(2000) };
  expect([0, 0.5, 1].map((random) => rotationDue(info, random))).toEqual([1700, 1800, 1900]);
});

describe("issuedCertificate()", () => {
  const request = (status: CertificateSigningRequest["status"]) => ({
    metadata: { name: "csr-x" },
    ...(status === undefined ? {} : { status }),
  });
  const condition = (type: string) => ({ type, status: "True", reason: "R", message: "M" });
  const certificate = Buffer.from("PEM").toString("base64");
  test.each([
    { name: "without a status", status: undefined, want: undefined },
    {
      name: "approved, not signed",
      status: { conditions: [condition("Approved")] },
      want: undefined,
    },
    { name: "signed, not approved", status: { certificate }, want: undefined },
    { name: "signed", status: { certificate, conditions: [condition("Approved")] }, want: "PEM" },
  ])("of a request $name", ({ status, want }) => {
    expect(issuedCertificate(request(status))).toBe(want);
  });
  test.each([
    { type: "Denied", want: 'by the request "csr-x": it was denied (R: M)' },
    { type: "Failed", want: 'by the request "csr-x": it failed (R: M)' },
  ])("says that one is $type", ({ type, want }) => {
    expect(() => issuedCertificate(request({ conditions: [condition(type)] }))).toThrow(want);
  });
});

test("requestName() is the same for the same key and wish alone", async () => {
  const wanted = {
    signerName: "kubernetes.io/kube-apiserver-client-kubelet",
    subject: { commonName: "system:node:a", organizations: ["system:nodes"] },
    usages: ["client auth"],
  };
  const key = await createKey();
  const name = requestName(wanted, key);
  expect(name).toMatch(/^node-csr-[\w-]{43}$/);
  expect(requestName({ ...wanted }, key)).toBe(name);
  expect(requestName(wanted, await createKey())).not.toBe(name);
  const serving = { ...wanted, signerName: "kubernetes.io/kubelet-serving" };
  expect(requestName(serving, key)).toMatch(/^csr-/);
});

let authority: TestAuthority;
let server: FakeApiServer;

beforeAll(async () => {
  authority = await TestAuthority.create();
  server = await FakeApiServer.start({
    ...(await authority.issueServer()),
    clientCa: authority.certificate,
  });
});
afterAll(async () => await server[Symbol.asyncDispose]());

test("toPair() takes a file with both, and says what is wrong", async () => {
  const { cert, key } = await authority.issue({ commonName: "a" });
  const other = await authority.issue({ commonName: "b" });
  const text = cert + key.reveal();
  expect(toPair(text, text)).toMatchObject({ cert, info: { commonName: "a" } });
  expect(toPair(cert, other.key.reveal())).toBe("its key does not belong to it");
  expect(toPair("", "")).toContain("not a certificate");
});

/** The files of one node, and an administrator who signs for it. */
class Machine implements Disposable {
  readonly directory = mkdtempSync(join(tmpdir(), "node-credentials-"));
  readonly kubeconfig = join(this.directory, "kubeconfig");
  readonly bootstrap = join(this.directory, "bootstrap-kubeconfig");
  readonly lines: string[] = [];
  readonly #ending = new AbortController();

  readonly nodeName: string;

  constructor(nodeName: string) {
    this.nodeName = nodeName;
  }

  async writeKubeconfig(path: string, user: string, notAfter?: Date): Promise<void> {
    const pair = await authority.issue({
      ...{ commonName: user, organization: "system:masters" },
      ...(notAfter === undefined ? {} : { notAfter }),
    });
    const text = renderKubeconfig({
      ...{ server: server.url, user, authority: authority.certificate },
      ...{ certificate: pair.cert, key: pair.key.reveal() },
    });
    writeFileSync(path, text);
  }

  /** As an agent that starts; it goes on until the machine is disposed of. */
  async start(options: { rotates: boolean; signal?: AbortSignal }): Promise<KubeClient> {
    const write = (line: string): void => void this.lines.push(line);
    const log = createLogger({
      ...{ program: "t", write, verbosity: 2, processId: 1, now: () => Date.now() },
    });
    const { kubeconfig, nodeName, directory, bootstrap } = this;
    const credentials = await NodeCredentials.open(
      {
        ...{ kubeconfig, nodeName, directory, rotates: options.rotates },
        ...(existsSync(bootstrap) ? { bootstrapKubeconfig: bootstrap } : {}),
      },
      { clock: systemClock, log, random: () => 0 },
    );
    const signals = [
      this.#ending.signal,
      ...(options.signal === undefined ? [] : [options.signal]),
    ];
    void credentials.run(AbortSignal.any(signals));
    return new KubeClient(credentials);
  }

  /** Waits for a request that nobody has answered. */
  async request(): Promise<CertificateSigningRequest> {
    const poll = { timeoutMs: 10_000, intervalMs: 10 };
    const found = await pollUntil(systemClock, poll, async () =>
      server.store.list(CSRS).find(({ status }) => status === undefined),
    );
    if (found === undefined) throw new Error(`no request:\n${this.lines.join("")}`);
    return found;
  }

  /** Signs it, for the key that is waiting on the machine. */
  async approve(request: CertificateSigningRequest, lifetimeMs = 3_600_000): Promise<void> {
    const key = readFileSync(join(this.directory, "kubelet-client.key.tmp"), "utf8");
    const now = Date.now();
    const cert = await issueCertificate(
      {
        ...{ name: "n", commonName: `system:node:${this.nodeName}`, organization: "system:nodes" },
        ...{ dnsNames: [], addresses: [], usages: ["clientAuth" as const] },
        required: { organization: false, dnsNames: [] },
      },
      key,
      {
        ...{ certificate: authority.certificate, key: authority.key.reveal() },
        ...{ notBefore: new Date(now - 1000), notAfter: new Date(now + lifetimeMs) },
      },
    );
    server.store.put(CSRS, {
      ...request,
      status: {
        conditions: [{ type: "Approved", status: "True" }],
        certificate: Buffer.from(cert).toString("base64"),
      },
    });
  }

  [Symbol.dispose](): void {
    this.#ending.abort();
    for (const { metadata } of server.store.list(CSRS)) server.store.delete(CSRS, metadata.name);
  }
}

async function userOf(client: KubeClient): Promise<string> {
  await client.list(SERVICES);
  return server.requests.at(-1)?.user ?? "";
}

describe("NodeCredentials", () => {
  test("gets the first certificate, writes the kubeconfig, and needs no other one", async () => {
    using machine = new Machine("n1");
    await machine.writeKubeconfig(machine.bootstrap, "bootstrap");
    using client = await machine.start({ rotates: false });
    const user = userOf(client);
    const request = await machine.request();
    expect(request.spec?.signerName).toBe("kubernetes.io/kube-apiserver-client-kubelet");
    await machine.approve(request);
    expect(await user).toBe("system:node:n1");
    expect(statSync(machine.kubeconfig).mode & 0o777).toBe(0o600);
    expect(readFileSync(machine.kubeconfig, "utf8")).toContain(
      `client-certificate: ${machine.directory}/kubelet-client-current.pem`,
    );
    using again = await machine.start({ rotates: false });
    expect(await userOf(again)).toBe("system:node:n1");
    expect(server.store.list(CSRS)).toHaveLength(1);
  });

  test("goes on with the same request after a restart, with another one after a denial", async () => {
    using machine = new Machine("n2");
    await machine.writeKubeconfig(machine.bootstrap, "bootstrap");
    const first = new AbortController();
    using _client = await machine.start({ rotates: false, signal: first.signal });
    const request = await machine.request();
    first.abort();
    using client = await machine.start({ rotates: false });
    const user = userOf(client);
    const poll = { timeoutMs: 10_000, intervalMs: 10 };
    const reused = await pollUntil(systemClock, poll, async () =>
      machine.lines.some((line) => line.includes("is there already")) ? true : undefined,
    );
    expect(reused).toBe(true);
    server.store.put(CSRS, {
      ...request,
      status: { conditions: [{ type: "Denied", status: "True" }] },
    });
    const second = await machine.request();
    expect(second.metadata.name).not.toBe(request.metadata.name);
    expect(machine.lines.join("")).toContain("it was denied");
    await machine.approve(second);
    expect(await user).toBe("system:node:n2");
  });

  test("renews what has little time left, and is another user's no more", async () => {
    using machine = new Machine("n3");
    // 70 % of its hour and a bit are over.
    await machine.writeKubeconfig(machine.kubeconfig, "old", new Date(Date.now() + 60_000));
    using client = await machine.start({ rotates: true });
    expect(await userOf(client)).toBe("old");
    await machine.approve(await machine.request());
    const poll = { timeoutMs: 10_000, intervalMs: 20 };
    const renewed = await pollUntil(systemClock, poll, async () =>
      (await userOf(client)) === "system:node:n3" ? true : undefined,
    );
    expect(renewed).toBe(true);
  });

  test("begins again where the kubeconfig's certificate has expired", async () => {
    using machine = new Machine("n4");
    await machine.writeKubeconfig(machine.kubeconfig, "old", new Date(Date.now() - 1000));
    await expect(machine.start({ rotates: true })).rejects.toThrow("has expired");
    await machine.writeKubeconfig(machine.bootstrap, "bootstrap");
    using client = await machine.start({ rotates: true });
    const user = userOf(client);
    await machine.approve(await machine.request());
    expect(await user).toBe("system:node:n4");
    expect(machine.lines.join("")).toContain("Asks for credentials with the bootstrap kubeconfig");
  });
});
