import { afterEach, expect, test } from "bun:test";
import { mkdtempSync, renameSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import tls from "node:tls";
import { createLogger, systemClock } from "../../base/mod.ts";
import { certificateUser, TlsHttpServer } from "../../kube/serving/mod.ts";
import { TestAuthority } from "../../kube/testing/mod.ts";
import { loadConfig } from "../config/mod.ts";
import { ServerIdentity } from "./server-identity.ts";

const directory = mkdtempSync(join(tmpdir(), "server-identity-"));
const at = (name: string): string => join(directory, name);
const ending = new AbortController();
const cleanUp: (() => void)[] = [];
afterEach(() => {
  for (const one of cleanUp.splice(0)) one();
});

function put(name: string, text: string): void {
  writeFileSync(at("new"), text);
  renameSync(at("new"), at(name));
}

test("new connections get what the files say now, open ones go on, and mistakes change nothing", async () => {
  const authority = await TestAuthority.create();
  const other = await TestAuthority.create("other");
  const first = await authority.issueServer();
  put("tls.crt", first.cert);
  put("tls.key", first.key.reveal());
  put("ca.crt", authority.certificate);
  const config = {
    apiVersion: "kubelet.config.k8s.io/v1beta1",
    kind: "KubeletConfiguration",
    ...{ tlsCertFile: at("tls.crt"), tlsPrivateKeyFile: at("tls.key") },
    authentication: { x509: { clientCAFile: at("ca.crt") } },
  };
  writeFileSync(at("kubelet.yaml"), JSON.stringify(config));
  const { settings } = await loadConfig([`--config=${at("kubelet.yaml")}`]);
  const lines: string[] = [];
  const log = createLogger({
    ...{ program: "t", verbosity: 0, processId: 1, now: () => 0 },
    write: (line) => void lines.push(line),
  });
  // Each look at the files is let through by hand; turn() waits until it is over.
  let look = Promise.withResolvers<void>();
  let asleep = Promise.withResolvers<void>();
  const clock = {
    ...systemClock,
    sleep: () => {
      asleep.resolve();
      return look.promise;
    },
  };
  const turn = async (): Promise<void> => {
    await asleep.promise;
    asleep = Promise.withResolvers();
    const done = look;
    look = Promise.withResolvers();
    done.resolve();
    await asleep.promise;
  };
  const identity = new ServerIdentity({ settings, addresses: [], clock, log }, (current) =>
    server.renew(current),
  );
  const server = new TlsHttpServer(await identity.open());
  server.http.on("request", (request, response) => {
    response.end(String(certificateUser(request)?.name === "u"));
  });
  await server.listen(0, "127.0.0.1");
  const running = identity.run(ending.signal);
  cleanUp.push(() => void server[Symbol.asyncDispose]());
  const { port } = server;
  const dial = async (by: TestAuthority) => {
    const pair = await by.issue({ commonName: "u" });
    const socket = tls.connect({
      ...{ port, host: "127.0.0.1", ca: [authority.certificate, other.certificate] },
      ...{ cert: pair.cert, key: pair.key.reveal() },
    });
    cleanUp.push(() => socket.destroy());
    const ask = (): Promise<string> => {
      const answer = new Promise<string>((resolve, reject) => {
        socket.once("data", (data) => resolve(/(?:true|false)/.exec(String(data))?.[0] ?? ""));
        socket.once("error", reject);
      });
      socket.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
      return answer;
    };
    const isKnown = await ask();
    return { isKnown, ask, names: socket.getPeerCertificate().subjectaltname ?? "" };
  };

  const open = await dial(authority);
  expect([open.isKnown, open.names]).toEqual(["true", "DNS:localhost, IP Address:127.0.0.1"]);

  const second = await other.issueServer(["second.example"]);
  put("tls.crt", second.cert);
  await turn();
  expect(lines.join("")).toContain("its key does not belong to it");
  expect((await dial(authority)).names).not.toContain("second.example");

  put("tls.key", second.key.reveal());
  put("ca.crt", other.certificate);
  await turn();
  const renewed = await dial(other);
  expect([renewed.isKnown, renewed.names]).toEqual([
    "true",
    expect.stringContaining("second.example"),
  ]);
  expect((await dial(authority)).isKnown).toBe("false");
  expect(await open.ask()).toBe("true");
  ending.abort();
  look.resolve();
  await running;
});

test.each([
  { name: "no client CA", file: "ca.crt", text: "hello", want: "Cannot use the client CA" },
  {
    name: "no certificate",
    file: "tls.crt",
    text: "hello",
    want: "Cannot serve with the certificate",
  },
])("open() refuses $name", async ({ file, text, want }) => {
  const authority = await TestAuthority.create();
  const pair = await authority.issueServer();
  put("tls.crt", pair.cert);
  put("tls.key", pair.key.reveal());
  put("ca.crt", authority.certificate);
  put(file, text);
  const { settings } = await loadConfig([`--config=${at("kubelet.yaml")}`]);
  const log = createLogger({
    ...{ program: "t", verbosity: 0, processId: 1, now: () => 0, write: () => {} },
  });
  const identity = new ServerIdentity(
    { settings, addresses: [], clock: systemClock, log },
    () => {},
  );
  await expect(identity.open()).rejects.toThrow(want);
});
